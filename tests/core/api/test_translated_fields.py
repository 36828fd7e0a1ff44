import pytest

from core.api.language import Language
from core.api.serializers import RecordSerializer
from core.api.translated_fields import TranslatedTextField
from core.errors import DomainError
from core.texts import default_text


def no_braces(text):
    if "{{" in text:
        raise DomainError("unknown_variable", "No variables here.")


class Texts(RecordSerializer):
    eud_title = TranslatedTextField(max_length=10, check=no_braces)
    eud_completed_label = TranslatedTextField(max_length=32)


class Record:
    def __init__(self, **columns):
        self.__dict__.update(columns)

    def __getattr__(self, name):
        return None


def context(code, every=False):
    return {"language": Language(code, every)}


def written(data, code="en", record=None, *, every=False):
    serializer = Texts(record, data=data, partial=record is not None, context=context(code, every))
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def refused(data, code="en", *, every=False):
    serializer = Texts(data=data, context=context(code, every))
    assert not serializer.is_valid()
    return serializer.errors


def test_a_text_fills_the_column_of_its_language():
    assert written({"eudTitle": " Viel "}, "de") == {"eud_title_de": "Viel"}


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_null_and_nothing_clear(nothing):
    assert written({"eudTitle": nothing}, "de") == {"eud_title_de": ""}


def test_what_is_not_sent_is_not_written():
    assert written({}) == {}


@pytest.mark.parametrize("code", ["en", "de", "ja"])
def test_a_text_equal_to_the_built_in_one_is_kept_empty(code):
    sent = {"eudCompletedLabel": default_text("eud_completed_label", code)}

    assert written(sent, code) == {f"eud_completed_label_{code}": ""}


def test_a_text_equal_to_the_one_lent_by_the_default_language_is_kept_empty():
    record = Record(eud_title_en="Spend", eud_completed_label_en="Won")

    assert written({"eudTitle": "Spend", "eudCompletedLabel": "Won"}, "de", record) == {
        "eud_title_de": "",
        "eud_completed_label_de": "",
    }


def test_the_default_language_lends_itself_nothing():
    assert written({"eudTitle": "Spend"}, "en", Record(eud_title_en="Spend")) == {"eud_title_en": "Spend"}


@pytest.mark.parametrize("code", ["en", "de", "ar"])
@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"eud_title_en": "Spend"},
        {"eud_title_en": "Spend", "eud_title_de": "Viel", "eud_completed_label_de": "Ja"},
    ],
)
def test_a_read_sent_back_changes_nothing(columns, code):
    record = Record(**columns)

    sent_back = written(Texts(record, context=context(code)).data, code, record)

    assert {name: text or None for name, text in sent_back.items()} == {
        f"{column}_{code}": columns.get(f"{column}_{code}") for column in ("eud_title", "eud_completed_label")
    }


def test_all_languages_go_out_and_in_as_stored(settings):
    record = Record(eud_title_en="Spend", eud_title_de="")

    out = Texts(record, context=context("en", every=True)).data

    assert out["eudTitle"] == {"en": "Spend", "es": None, "fr": None, "de": None, "ar": None, "ja": None}
    assert written(out, record=record, every=True)["eud_title_en"] == "Spend"
    assert written({"eudTitle": {"de": "Viel", "fr": None}}, every=True) == {
        "eud_title_de": "Viel",
        "eud_title_fr": "",
    }
    assert set(written({"eudTitle": None}, every=True).values()) == {""}


@pytest.mark.parametrize("data", [5, True, ["a"], {"en": "a"}, "x" * 11, "a\0"])
def test_what_is_no_short_text_is_refused(data):
    assert set(refused({"eudTitle": data})) == {"eudTitle"}


def test_all_languages_are_refused_by_path():
    errors = refused({"eudTitle": {"en": "x" * 11, "de": "{{a}}", "xx": "a", "fr": "fine"}}, every=True)

    assert set(errors["eudTitle"]) == {"en", "de", "xx"}
    assert refused({"eudTitle": "plain"}, every=True)["eudTitle"][0].code == "not_an_object"


def test_a_check_of_the_domain_keeps_its_code():
    assert refused({"eudTitle": "{{a}}"})["eudTitle"][0].code == "unknown_variable"
