"""Names from which the demo's members get theirs by chance."""

FIRST_NAMES = tuple(
    """Ada Amina Ben Carla Chen Dario Elif Emma Farid Grace Hana Hugo Ines Ivan Jonas Julia Kofi Lara Leila
    Liam Lucia Mateo Maya Mei Milan Nadia Noah Nora Olga Omar Paolo Priya Rafael Rosa Sam Sofia Tariq Tomas
    Yuki Zoe""".split()  # noqa: SIM905 - shorter than a list of forty lines
)
LAST_NAMES = tuple(
    """Abadi Becker Bianchi Costa Dubois Evans Fischer Garcia Haddad Ito Jansen Kaya Larsen Martin Meyer
    Moreau Nakamura Novak Okafor Patel Rossi Sato Schmidt Silva Smith Tanaka Weber Wilson Yilmaz
    Zhang""".split()  # noqa: SIM905
)
