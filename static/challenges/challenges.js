/**
 * Challenges in a shop's page: <challenge-list> and <challenge-card>.
 *
 *   <script type="module" src="https://challenges.example/static/challenges/challenges.js"></script>
 *   <challenge-list api="https://challenges.example" token="…" language="fr"></challenge-list>
 *
 * One file, no dependency, no build. It speaks nothing but the public API, sends no cookie, and needs of a
 * Content-Security-Policy only `script-src` for itself, `connect-src` for the API and `img-src` for the icons:
 * styles are constructed sheets and CSSOM, every text is a text node, no HTML is ever parsed.
 * What a page may set, style and listen to: docs/component.md. Types: challenges.d.ts.
 */

/* ---------------------------------------------------------------- texts of the component itself */

/** What the API does not say, by language. Texts about the challenge come from the API. */
const TEXTS = {
  en: {
    loading: "Loading challenges…", challenges: "Challenges", progress: "Progress", of: "{value} of {target}",
    milestones: "Milestones", goal: "Goal", reached: "Reached", details: "View Details", close: "Close",
    nextReward: "Next reward", reward: "Reward", rewards: "Your rewards", allRewards: "All rewards ({count})",
    isNew: "New", copy: "Copy", copied: "Copied", copyCode: "Copy code {code}",
    copyBlocked: "Copying was not allowed. The code is selected.", validUntil: "Valid until {date}",
    pending_code: "Your code is on its way.", redeemed: "Used", redeemedOn: "Used on {date}", expired: "Expired",
    expiredOn: "Expired on {date}", revoked: "No longer valid", capped: "This reward has run out.",
    starts: "Starts {when}", ends: "Ends {when}", ended: "Ended",
    daily: "Every day", weekly: "Every week", monthly: "Every month",
    lastRound: "Last round: {dates}", newRound: "A new round is open.",
    paused: "This challenge is paused. Activity does not count at the moment.",
    milestoneReached: "Milestone reached: {title}", challengeCompleted: "Challenge completed: {title}",
    rewardArrived: "Your reward: {title}", codeArrived: "Your code has arrived: {title}",
    empty: "No challenges right now", emptyHint: "New ones are on their way. Please look again soon.",
    missing: "This challenge is not available", missingHint: "It may have ended. Please look at the others.",
    error: "This could not be loaded", errorHint: "Please check your connection and try again.",
    tryAgain: "Try again", busy: "A lot is going on right now", busyHint: "We will try again in a moment.",
    inactive: "Please sign in again", inactiveHint: "Your session has ended, so your progress cannot be shown.",
  },
  es: {
    loading: "Cargando los retos…", challenges: "Retos", progress: "Progreso", of: "{value} de {target}",
    milestones: "Hitos", goal: "Objetivo", reached: "Alcanzado", details: "Ver detalles", close: "Cerrar",
    nextReward: "Próxima recompensa", reward: "Recompensa", rewards: "Tus recompensas",
    allRewards: "Todas las recompensas ({count})", isNew: "Nuevo",
    copy: "Copiar", copied: "Copiado", copyCode: "Copiar el código {code}",
    copyBlocked: "No se permitió copiar. El código está seleccionado.", validUntil: "Válido hasta el {date}",
    pending_code: "Tu código está en camino.", redeemed: "Usado", redeemedOn: "Usado el {date}", expired: "Caducado",
    expiredOn: "Caducó el {date}", revoked: "Ya no es válido", capped: "Esta recompensa se ha agotado.",
    starts: "Empieza {when}", ends: "Termina {when}", ended: "Terminado",
    daily: "Cada día", weekly: "Cada semana", monthly: "Cada mes",
    lastRound: "Última ronda: {dates}", newRound: "Hay una nueva ronda abierta.",
    paused: "Este reto está en pausa. Por ahora la actividad no cuenta.",
    milestoneReached: "Hito alcanzado: {title}", challengeCompleted: "Reto completado: {title}",
    rewardArrived: "Tu recompensa: {title}", codeArrived: "Ha llegado tu código: {title}",
    empty: "No hay retos en este momento", emptyHint: "Pronto habrá nuevos. Vuelve a mirar dentro de poco.",
    missing: "Este reto no está disponible", missingHint: "Puede que haya terminado. Mira los demás.",
    error: "No se pudo cargar", errorHint: "Comprueba tu conexión e inténtalo de nuevo.",
    tryAgain: "Reintentar", busy: "Ahora mismo hay mucha actividad", busyHint: "Lo intentaremos de nuevo enseguida.",
    inactive: "Vuelve a iniciar sesión", inactiveHint: "Tu sesión ha terminado y no se puede mostrar tu progreso.",
  },
  fr: {
    loading: "Chargement des défis…", challenges: "Défis", progress: "Progression", of: "{value} sur {target}",
    milestones: "Paliers", goal: "Objectif", reached: "Atteint", details: "Voir les détails", close: "Fermer",
    nextReward: "Prochaine récompense", reward: "Récompense", rewards: "Vos récompenses",
    allRewards: "Toutes les récompenses ({count})", isNew: "Nouveau",
    copy: "Copier", copied: "Copié", copyCode: "Copier le code {code}",
    copyBlocked: "La copie a été refusée. Le code est sélectionné.", validUntil: "Valable jusqu’au {date}",
    pending_code: "Votre code arrive bientôt.", redeemed: "Utilisé", redeemedOn: "Utilisé le {date}", expired: "Expiré",
    expiredOn: "Expiré le {date}", revoked: "N’est plus valable", capped: "Cette récompense est épuisée.",
    starts: "Commence {when}", ends: "Se termine {when}", ended: "Terminé",
    daily: "Chaque jour", weekly: "Chaque semaine", monthly: "Chaque mois",
    lastRound: "Dernière période : {dates}", newRound: "Une nouvelle période est ouverte.",
    paused: "Ce défi est en pause. L’activité ne compte pas pour le moment.",
    milestoneReached: "Palier atteint : {title}", challengeCompleted: "Défi réussi : {title}",
    rewardArrived: "Votre récompense : {title}", codeArrived: "Votre code est arrivé : {title}",
    empty: "Aucun défi pour le moment", emptyHint: "De nouveaux arrivent. Revenez bientôt.",
    missing: "Ce défi n’est pas disponible", missingHint: "Il est peut-être terminé. Découvrez les autres.",
    error: "Le chargement a échoué", errorHint: "Vérifiez votre connexion et réessayez.",
    tryAgain: "Réessayer", busy: "Beaucoup d’activité en ce moment", busyHint: "Nous réessayons dans un instant.",
    inactive: "Veuillez vous reconnecter",
    inactiveHint: "Votre session est terminée, votre progression ne peut pas être affichée.",
  },
  de: {
    loading: "Challenges werden geladen…", challenges: "Challenges", progress: "Fortschritt", of: "{value} von {target}",
    milestones: "Meilensteine", goal: "Ziel", reached: "Erreicht", details: "Details ansehen", close: "Schließen",
    nextReward: "Nächste Prämie", reward: "Prämie", rewards: "Prämien", allRewards: "Alle Prämien ({count})",
    isNew: "Neu", copy: "Kopieren", copied: "Kopiert", copyCode: "Code {code} kopieren",
    copyBlocked: "Kopieren war nicht erlaubt. Der Code ist markiert.", validUntil: "Gültig bis {date}",
    pending_code: "Der Code ist unterwegs.", redeemed: "Eingelöst", redeemedOn: "Eingelöst am {date}",
    expired: "Abgelaufen", expiredOn: "Abgelaufen am {date}", revoked: "Nicht mehr gültig",
    capped: "Diese Prämie ist vergriffen.", starts: "Beginnt {when}", ends: "Endet {when}", ended: "Beendet",
    daily: "Jeden Tag", weekly: "Jede Woche", monthly: "Jeden Monat",
    lastRound: "Letzte Runde: {dates}", newRound: "Eine neue Runde läuft.",
    paused: "Diese Challenge pausiert. Aktivitäten zählen zurzeit nicht.",
    milestoneReached: "Meilenstein erreicht: {title}", challengeCompleted: "Challenge geschafft: {title}",
    rewardArrived: "Neue Prämie: {title}", codeArrived: "Der Code ist da: {title}",
    empty: "Zurzeit keine Challenges", emptyHint: "Neue sind unterwegs, ein Blick hierher lohnt sich bald wieder.",
    missing: "Diese Challenge ist nicht verfügbar", missingHint: "Vielleicht ist sie vorbei. Die anderen laufen noch.",
    error: "Laden fehlgeschlagen", errorHint: "Bitte die Verbindung prüfen und erneut versuchen.",
    tryAgain: "Erneut versuchen", busy: "Gerade ist viel los", busyHint: "Gleich folgt der nächste Versuch.",
    inactive: "Bitte neu anmelden",
    inactiveHint: "Die Sitzung ist abgelaufen, der Fortschritt kann nicht angezeigt werden.",
  },
  ar: {
    loading: "جارٍ تحميل التحديات…", challenges: "التحديات", progress: "التقدم", of: "{value} من {target}",
    milestones: "المراحل", goal: "الهدف", reached: "تم الإنجاز", details: "عرض التفاصيل", close: "إغلاق",
    nextReward: "المكافأة التالية", reward: "مكافأة", rewards: "مكافآتك", allRewards: "كل المكافآت ({count})",
    isNew: "جديد", copy: "نسخ", copied: "تم النسخ", copyCode: "نسخ الرمز {code}",
    copyBlocked: "لم يُسمح بالنسخ. تم تحديد الرمز.", validUntil: "صالح حتى {date}",
    pending_code: "رمزك في الطريق إليك.", redeemed: "مستخدَم", redeemedOn: "استُخدم في {date}", expired: "منتهي الصلاحية",
    expiredOn: "انتهت الصلاحية في {date}", revoked: "لم يعد صالحًا", capped: "نفدت هذه المكافأة.",
    starts: "يبدأ {when}", ends: "ينتهي {when}", ended: "انتهى",
    daily: "كل يوم", weekly: "كل أسبوع", monthly: "كل شهر",
    lastRound: "الجولة السابقة: {dates}", newRound: "بدأت جولة جديدة.",
    paused: "هذا التحدي متوقف مؤقتًا. لا يُحتسب أي نشاط حاليًا.",
    milestoneReached: "تم بلوغ المرحلة: {title}", challengeCompleted: "اكتمل التحدي: {title}",
    rewardArrived: "مكافأتك: {title}", codeArrived: "وصل رمزك: {title}",
    empty: "لا توجد تحديات الآن", emptyHint: "تحديات جديدة في الطريق. عُد قريبًا.",
    missing: "هذا التحدي غير متاح", missingHint: "ربما انتهى. اطّلع على التحديات الأخرى.",
    error: "تعذّر التحميل", errorHint: "تحقّق من الاتصال ثم أعد المحاولة.",
    tryAgain: "إعادة المحاولة", busy: "هناك نشاط كثير الآن", busyHint: "سنعيد المحاولة بعد لحظات.",
    inactive: "يرجى تسجيل الدخول من جديد", inactiveHint: "انتهت جلستك، لذا لا يمكن عرض تقدمك.",
  },
  ja: {
    loading: "チャレンジを読み込んでいます…", challenges: "チャレンジ", progress: "進捗", of: "{target} 中 {value}",
    milestones: "マイルストーン", goal: "ゴール", reached: "達成済み", details: "詳細を見る", close: "閉じる",
    nextReward: "次の特典", reward: "特典", rewards: "獲得した特典", allRewards: "すべての特典（{count}）",
    isNew: "新着", copy: "コピー", copied: "コピーしました", copyCode: "コード {code} をコピー",
    copyBlocked: "コピーが許可されませんでした。コードを選択しました。", validUntil: "{date}まで有効",
    pending_code: "コードを準備しています。", redeemed: "使用済み", redeemedOn: "{date}に使用済み", expired: "期限切れ",
    expiredOn: "{date}に期限切れ", revoked: "無効になりました", capped: "この特典は終了しました。",
    starts: "{when}に開始", ends: "{when}に終了", ended: "終了しました",
    daily: "毎日", weekly: "毎週", monthly: "毎月",
    lastRound: "前回の結果：{dates}", newRound: "新しい回が始まりました。",
    paused: "このチャレンジは一時停止中です。現在の活動は加算されません。",
    milestoneReached: "マイルストーン達成：{title}", challengeCompleted: "チャレンジ達成：{title}",
    rewardArrived: "特典を獲得：{title}", codeArrived: "コードが届きました：{title}",
    empty: "現在チャレンジはありません", emptyHint: "新しいチャレンジを準備中です。またご覧ください。",
    missing: "このチャレンジは表示できません", missingHint: "終了した可能性があります。ほかのチャレンジをご覧ください。",
    error: "読み込めませんでした", errorHint: "接続を確認して、もう一度お試しください。",
    tryAgain: "再試行", busy: "ただいま混み合っています", busyHint: "まもなく自動的に再試行します。",
    inactive: "もう一度ログインしてください", inactiveHint: "セッションが終了したため、進捗を表示できません。",
  },
};

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);
const SECOND = 1_000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const UNITS = [[DAY, "day"], [HOUR, "hour"], [MINUTE, "minute"], [SECOND, "second"]];

/** The tag as the API takes it (`fr`, `fr-CA`, without extensions), or "" for what it would answer with a 400. */
function checkedTag(tag) {
  try {
    const { language, baseName } = new Intl.Locale(tag);
    return language.length <= 3 ? baseName.split("-").slice(0, 3).join("-") : "";
  } catch {
    return "";
  }
}

/** How the component speaks a language: its own texts, numbers, dates. A language without texts reads English. */
class Voice {
  static #known = new Map();

  static of(tag) {
    if (!Voice.#known.has(tag)) Voice.#known.set(tag, new Voice(tag));
    return Voice.#known.get(tag);
  }

  constructor(tag) {
    const base = tag.split("-")[0];
    this.tag = tag;
    this.direction = RIGHT_TO_LEFT.has(base) ? "rtl" : "ltr";
    this.texts = TEXTS[base] ?? TEXTS.en;
    // The API writes 150.00 in every language: one card, one kind of digits, whatever the region's are.
    this.locale = `${TEXTS[base] ? tag : "en"}-u-nu-latn`;
  }

  knows(name) {
    return Object.hasOwn(this.texts, name);
  }

  /** A text with its {names} filled in; what is filled in is plain text and never looked at again. */
  say(name, values = {}) {
    return this.texts[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }

  /** Counts as whole numbers, sums with the cents they have (up to the four decimals the engine keeps). */
  amount(value, method) {
    const cents = method === "count" || Number.isInteger(value) ? {} : { minimumFractionDigits: 2 };
    return this.#number(value, { maximumFractionDigits: 4, ...cents });
  }

  compactAmount(value) {
    return this.#number(value, value < 10_000 ? {} : { notation: "compact", maximumFractionDigits: 1 });
  }

  percent(value) {
    return this.#number(value / 100, { style: "percent" });
  }

  /** "in 3 days": whole units rounded down, so that it never promises time that is not there. */
  until(milliseconds) {
    const [size, unit] = UNITS.find(([size]) => milliseconds >= 2 * size) ?? UNITS.at(-1);
    const distance = new Intl.RelativeTimeFormat(this.locale, { numeric: "always" });
    return distance.format(Math.max(1, Math.floor(milliseconds / size)), unit);
  }

  /** The day of a moment; without a zone, on the reader's own calendar. */
  day(moment, timeZone) {
    return this.#date({ timeZone }, (format) => format.format(moment));
  }

  /** The days of a window in the challenge's own zone; `end` is the first instant after it. */
  days(start, end, timeZone) {
    return this.#date({ timeZone }, (format) => format.formatRange(start, end - 1));
  }

  /** An exact moment on the reader's own clock. */
  moment(at) {
    return this.#date({ hour: "numeric", minute: "numeric" }, (format) => format.format(at));
  }

  #number(value, options) {
    return new Intl.NumberFormat(this.locale, options).format(value);
  }

  #date(options, write) {
    try {
      const format = { day: "numeric", month: "short", year: "numeric", ...options };
      return write(new Intl.DateTimeFormat(this.locale, format));
    } catch {
      return ""; // no date, or a zone this browser does not know: no text is better than a wrong one
    }
  }
}

/* ---------------------------------------------------------------- what a card tells: derived, no DOM, no text */

const instant = (text) => (text ? Date.parse(text) : NaN);
const unit = (number) => Math.min(1, Math.max(0, number || 0));
const owner = (challenge) => (challenge?.progress ?? challenge?.lastProgress)?.ownedById ?? null;
const titleOf = (challenge) => challenge.eudTitle || challenge.name || "";
const milestoneTitle = (milestone) => milestone?.eudMilestoneTitle || milestone?.name || "";
/** The rewards of the newest closed window; none of its own when that is the window of now, closed early. */
const pastLogs = ({ progress, lastProgress: last }) =>
  last && !(last.id && last.id === progress?.id) ? last.rewardLogs ?? [] : [];
const logsOf = (challenge) => [...(challenge.progress?.rewardLogs ?? []), ...pastLogs(challenge)];

/** When the window of now closes: at its calendar end or at the challenge's own end. NaN: not known. */
function closing(challenge) {
  const ends = [challenge.window?.endsAt, challenge.endsAt].map(instant).filter(Number.isFinite);
  return ends.length ? Math.min(...ends) : NaN;
}

/** True while the closed window `last` is still the news: less than one whole window was missed since. */
function isRecent(last, window) {
  const opened = instant(window?.startsAt);
  const missed = opened - instant(last.windowEndsAt);
  return !(missed >= instant(window?.endsAt) - opened);
}

/**
 * The standing a card shows: of the window of now, or, until its first activity, of the one just closed.
 * A guest has none: value 0, nothing reached. `steps` are the milestones, ascending, and the goal as the last.
 */
function standing(challenge) {
  const { progress = null, lastProgress: last = null } = challenge;
  const isOutcome = progress?.challengeProgressStatus === "not_started" && !!last && isRecent(last, challenge.window);
  const shown = isOutcome ? last : progress;
  const target = shown?.completionTargetValue ?? challenge.completionTargetValue ?? 0;
  const value = shown?.currentProgressValue ?? 0;
  const achieved = new Set(shown?.achievedMilestoneIds ?? []);
  const steps = (challenge.milestones ?? [])
    .filter(({ status }) => (status ?? "live") === "live") // an admin's record lists all of them
    .map((milestone) => ({
      key: milestone.id, milestone, at: milestone.milestoneTargetValue, reached: achieved.has(milestone.id),
    }))
    .sort((one, other) => one.at - other.at);
  const status = shown?.challengeProgressStatus ?? null;
  steps.push({ key: "goal", milestone: null, at: target, reached: status === "completed" });
  const percentage = shown?.percentage ?? Math.floor(100 * unit(value / target));
  const next = status === "failed" ? undefined : steps.find((step) => !step.reached);
  return { shown, isOutcome, status, value, target, steps, percentage, next };
}

/** How near markers may come, in parts of the bar, so that even on a phone none covers its neighbour. */
const ROOM = { wide: { marker: 0.095, goal: 0.098 }, dense: { marker: 0.045, goal: 0.045 } };
const isDense = (steps) => steps.length > 9;

/**
 * The steps as markers on the bar. What would lie on top of one another shares a marker, placed at its highest:
 * from the goal downwards, so that the goal is always at the very end.
 */
function markersOf(steps, target) {
  const room = isDense(steps) ? ROOM.dense : ROOM.wide;
  const markers = [];
  for (const step of [...steps].reverse()) {
    const position = step.milestone ? unit(step.at / target) : 1;
    const above = markers[0];
    const needed = markers.length > 1 ? room.marker : room.goal;
    if (above && above.position - position < needed) above.steps.unshift(step);
    else markers.unshift({ position, steps: [step] });
  }
  for (const marker of markers) marker.reached = marker.steps.every((step) => step.reached);
  labelMarkers(markers);
  return markers;
}

/** Marks which markers have room for their value below them: the goal first, then the next, then from the end. */
function labelMarkers(markers) {
  const wanted = [markers.at(-1), markers.find((marker) => !marker.reached), ...[...markers].reverse()];
  for (const marker of wanted.filter(Boolean)) {
    marker.labelled = markers.every((other) =>
      other === marker || !other.labelled || Math.abs(other.position - marker.position) >= 0.16);
  }
}

/** The status a shopper should read: a reward that expired since the answer came is expired. */
function rewardStatus(log, now) {
  return log.status === "issued" && instant(log.rewardExpiryAt) <= now ? "expired" : log.status;
}

/** What can still be used first, newest first; of a closed window's rewards, beside a new one, only those. */
function rewardsShown(challenge, isOutcome, now) {
  const usable = (log) => ["issued", "pending_code"].includes(rewardStatus(log, now));
  const past = pastLogs(challenge);
  const rewards = [...(challenge.progress?.rewardLogs ?? []), ...(isOutcome ? past : past.filter(usable))];
  return rewards.sort((one, other) =>
    usable(other) - usable(one) || (instant(other.rewardIssuedAt) - instant(one.rewardIssuedAt) || 0));
}

/* ---------------------------------------------------------------- drawing without HTML */

/** The component's own signs, drawn on a grid of 24. Icons of challenges and milestones come as <img> alone. */
const SIGNS = {
  alert: "M12 3.5 2.5 20h19zM12 10v4.5M12 17.2v.1",
  check: "M5 12.8 9.8 17.5 19 7.5",
  clock: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 7.5V12l3 2",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  flag: "M6 21V4M6 4.5c4-2.4 7 2 12-.4v9c-5 2.4-8-2-12 .4",
  gift: "M4.5 11v9h15v-9M3 7.5h18V11H3zM12 7.5V20M12 7.5C9.5 2 5 3.5 6 6c.5 1.2 2.5 1.5 6 1.5C14.5 2 19 3.5 18 6c-.5 1.2-2.5 1.5-6 1.5",
  lock: "M5.5 11h13v9h-13zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
  pause: "M9 6v12M15 6v12",
  star: "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 16.9l-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z",
  trophy: "M8 4h8v6.5a4 4 0 0 1-8 0zM8 6H4.5c0 3 1 4.7 3.8 5M16 6h3.5c0 3-1 4.7-3.8 5M12 14.5V17M8 20.5h8M10 20c0-2 1-3 2-3s2 1 2 3",
};
const SVG = "http://www.w3.org/2000/svg";

/** An element. `part` is its class too; `style` goes through the CSSOM, which a CSP allows; texts are text nodes. */
function h(tag, { style = {}, ...attributes } = {}, ...children) {
  const element = tag === "svg" || tag === "path" ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : value);
    if (name === "part") element.setAttribute("class", value);
  }
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return element;
}

const sign = (name) =>
  h("svg", { class: "sign", viewBox: "0 0 24 24", "aria-hidden": "true" }, h("path", { d: SIGNS[name] }));

/** Somebody's text: isolated, so that its direction, or a stray bidi control in it, stays its own. */
const text = (content) => h("bdi", {}, content);

/**
 * Makes `live` look like `next` and keeps every node that can stay: focus, an open dialog, a running transition and
 * a loaded image survive a refresh. Children are matched by `data-key`, else by place and name.
 */
function morph(live, next) {
  if (live.nodeType === Node.TEXT_NODE) {
    if (live.data !== next.data) live.data = next.data;
    return;
  }
  for (const { name } of [...live.attributes]) {
    if (!next.hasAttribute(name) && name !== "open") live.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (name === "style") live.style.cssText = next.style.cssText;
    else if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
  const keyed = new Map([...live.children].map((child) => [child.dataset.key, child]));
  let place = live.firstChild;
  for (const child of [...next.childNodes]) {
    const key = child.dataset?.key;
    const match = key ? keyed.get(key) : place?.dataset?.key ? null : place;
    if (match?.nodeName !== child.nodeName) {
      live.insertBefore(child, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else live.insertBefore(match, place);
    morph(match, child);
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
}

/** A quiet page in place of content: nothing there, not available, not loaded, signed out. */
function notice(name, title, hint, action) {
  return h("div", { part: "notice" },
    h("span", { part: "notice-sign" }, sign(name)),
    h("p", { part: "notice-title" }, title),
    h("p", { part: "notice-hint" }, hint),
    action && h("button", { part: "retry-button", type: "button", "data-do": "retry" }, action));
}

const skeleton = () =>
  h("div", { part: "card skeleton", "aria-hidden": "true" },
    h("div", { class: "row" },
      h("i", { class: "bone tile" }), h("div", {}, h("i", { class: "bone" }), h("i", { class: "bone short" }))),
    h("div", {}, h("i", { class: "bone" }), h("i", { class: "bone short" })),
    h("i", { class: "bone thin" }),
    h("div", {}, h("i", { class: "bone" }), h("i", { class: "bone short" })),
    h("i", { class: "bone button" }));

/* ---------------------------------------------------------------- what both elements share: data, time, tokens */

const LIST_LIMIT = 100; // one request for a member's screen; no shop shows more challenges than that at once
const TIMEOUT = 20 * SECOND;
const PATIENCE = 5 * MINUTE; // the longest pause between two attempts that nobody asked for
const SAID_FOR = 10 * SECOND;
const LONGEST_TIMER = 2 ** 31 - 1;
const ATTRIBUTES = ["api", "token", "language", "challenge", "theme"];

/** Whose token this is, to keep a card on the screen while its token is renewed. Read, not verified: the API does. */
function memberOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub ?? token;
  } catch {
    return token;
  }
}

/** How long a 429 or 503 asks to wait (seconds or a date), between a second and an hour. */
function waitAsked(response) {
  const said = response.headers.get("Retry-After") ?? "";
  const wait = /^\d+$/.test(said) ? said * SECOND : Date.parse(said) - Date.now();
  return Number.isFinite(wait) ? Math.min(Math.max(wait, SECOND), HOUR) : 5 * SECOND;
}

class ChallengesElement extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = [...ATTRIBUTES, "heading-level"];

  _state = "loading"; // ready, missing, busy, error, inactive
  _answer = null; // the challenge, or the list of them
  _given = false; // true: `data` was set by the page, nothing is fetched
  _served = ""; // the language that the API answered in
  _said = ""; // what the live region says
  _identity = null; // whose answer to what question this is
  _deadToken = null;
  _notBefore = 0; // the API asked not to be asked before this time
  _attempts = 0; // in a row without a good answer
  _isPlanned = true; // a start is planned: the first is connectedCallback's

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet()];
    this._frame = root.appendChild(h("div"));
    root.addEventListener("click", (event) => this._click(event));
  }

  connectedCallback() {
    for (const name of [...ATTRIBUTES, "data"]) this.#adopt(name);
    document.addEventListener("visibilitychange", this.#returned);
    addEventListener("online", this.#returned);
    this._isPlanned = false;
    this.#begin();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#returned);
    removeEventListener("online", this.#returned);
    for (const timer of [this._timer, this._hushing]) clearTimeout(timer);
    this._request?.abort();
    this._request = null;
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || this._isPlanned) return;
    this._isPlanned = true; // several attributes set in one go are one request
    queueMicrotask(() => {
      this._isPlanned = false;
      this.#begin();
    });
  }

  get data() {
    return this._answer;
  }

  set data(value) {
    const answer = this._accept(value);
    if (answer === null && !this._given) return; // nothing was given, nothing is taken away
    this._given = answer !== null;
    this._request?.abort();
    this._request = null;
    if (this._given) this.#take(answer);
    else this.#restart();
  }

  /** Asks the API again, for example after an order. Never rejects: what goes wrong is an event and a state. */
  async refresh() {
    const token = this.token;
    const isIdle = this._given || !this.isConnected || !this.hasAttribute("api");
    if (isIdle || Date.now() < this._notBefore || (token && token === this._deadToken)) return;
    clearTimeout(this._timer); // what comes next is decided with the answer; a slow one is not asked for twice
    this._request?.abort(); // a newer question makes the older answer stale
    const request = (this._request = new AbortController());
    const timer = setTimeout(() => request.abort(), TIMEOUT);
    const outcome = await this.#ask(request.signal, token);
    clearTimeout(timer);
    if (this._request !== request) return;
    this._request = null;
    this.#settle(outcome, token);
  }

  /** A property that the page set before this module was loaded. */
  #adopt(name) {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete this[name];
    this[name] = value;
  }

  #returned = () => {
    if (document.hidden) return;
    this._render();
    this.refresh();
  };

  /** Asks after a change of the attributes; what another member was told is forgotten at once. */
  #begin() {
    const identity = [this.api, this.challenge, memberOf(this.token)].join("\n");
    const isOther = !this._given && identity !== this._identity;
    this._identity = identity;
    if (isOther || (this._state === "inactive" && this.token !== this._deadToken)) return this.#restart();
    this._render();
    return this.refresh();
  }

  #restart() {
    Object.assign(this, { _answer: null, _notBefore: 0, _attempts: 0, _state: "loading" });
    this._render();
    return this.refresh();
  }

  /** One GET. The ETag of guests' answers is sent back by the browser's own cache: no header of ours, no preflight. */
  async #ask(signal, token) {
    try {
      const url = new URL(`${this.api.replace(/\/+$/, "")}/schema/challenge/record${this._path}`, document.baseURI);
      url.searchParams.set("languageCode", this._language);
      const headers = { Accept: "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
      const response = await fetch(url, { headers, signal, credentials: "omit", redirect: "error" });
      const body = await response.json().catch(() => null);
      if (response.ok) {
        const answer = this._accept(body?.data);
        const language = checkedTag(response.headers.get("Content-Language")?.split(",")[0].trim());
        if (answer) return { state: "ready", answer, language };
      }
      return this.#refusal(response, body, token);
    } catch {
      return { state: "error", status: 0, errors: [] }; // no network, no answer in time, not an address
    }
  }

  #refusal(response, body, token) {
    const { status } = response;
    const errors = Array.isArray(body?.errors) ? body.errors : [];
    if (status === 401 && token) return { state: "inactive", status, errors };
    if (status === 404) return { state: "missing", status, errors };
    if (status === 429 || status === 503) return { state: "busy", status, errors, wait: waitAsked(response) };
    return { state: "error", status, errors };
  }

  #settle({ state, answer, language, status, errors, wait }, token) {
    if (state === "ready") {
      this._attempts = 0;
      this._served = language;
      this.#take(answer);
    } else {
      this._attempts += 1;
      // What was read before stays on the screen through a bad moment, but not past the end of the right to see it.
      if (state === "inactive" || state === "missing") this._answer = null;
      if (!this._answer) this._state = state;
      if (state === "inactive") this._deadToken = token;
      if (state === "busy") this._notBefore = Date.now() + Math.max(wait, this.#backoff());
      this._render();
      if (state === "inactive") this._tell("challenges:token-expired", {});
      else this._tell("challenges:error", { status, errors });
    }
    this.#schedule();
  }

  #take(answer) {
    const before = this._answer;
    Object.assign(this, { _answer: answer, _state: "ready" });
    this._render();
    if (this._state === "ready") this._compare?.(before, answer);
  }

  #backoff() {
    return Math.min(2 ** Math.min(this._attempts, 12) * SECOND, PATIENCE);
  }

  /** The next time to ask again: when a window opens or closes, a pause is over, or a due change is not there yet. */
  #schedule() {
    clearTimeout(this._timer);
    const now = Date.now();
    const challenges = [this._answer ?? []].flat();
    const turns = challenges.flatMap((challenge) => [instant(challenge.startsAt), closing(challenge)]);
    const isLate = challenges.some((one) => closing(one) <= now && !(instant(one.endsAt) <= now));
    if (isLate) this._attempts += 1; // two clocks that differ by seconds
    let at = Math.min(...turns.filter((turn) => turn > now), isLate ? now + this.#backoff() : Infinity);
    if (this._notBefore > now) at = this._notBefore;
    if (at === Infinity) return;
    const spread = Math.random() * 2 * SECOND; // a midnight wakes every shopper's tab
    this._timer = setTimeout(() => this.#wake(), Math.min(at - now + spread, LONGEST_TIMER));
  }

  #wake() {
    if (document.hidden) this.#schedule(); // a hidden tab asks when it returns
    else this.refresh();
  }

  get _language() {
    const page = this.closest("[lang]") ?? document.documentElement;
    return checkedTag(this.getAttribute("language") || page.lang) || "en";
  }

  /** The language of the answer on the screen: the API falls back where one is not offered, and so do we. */
  get _voice() {
    const isServed = this._given || !this._served || this._served === this._language.split("-")[0];
    return Voice.of(isServed ? this._language : this._served);
  }

  _tell(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { detail, cancelable, bubbles: true, composed: true }));
  }

  /** Says something to screen readers, once it is polite to. */
  _announce(what) {
    clearTimeout(this._hushing);
    this._said = what;
    if (what) this._hushing = setTimeout(() => this._announce(""), SAID_FOR);
    this._render();
  }

  _render() {
    const voice = this._voice;
    const content = this.#content(voice);
    const isBusy = this._state === "loading" && "true";
    const frame = { part: "frame", lang: voice.tag, dir: voice.direction, "aria-busy": isBusy };
    morph(this._frame, h("div", frame, content));
    if (this._state === "ready") this._rendered?.();
    else this._withdrawn?.();
  }

  /** An answer that is no challenge after all must not take the page down with it. */
  #content(voice) {
    try {
      if (this._state === "ready") return this._view(voice);
    } catch (error) {
      console.error(error);
      this._state = "error";
    }
    return this.#waiting(voice);
  }

  #waiting(voice) {
    const state = this._state;
    const live = (...content) => h("div", { role: "status" }, content);
    if (state === "loading") return live(this._skeleton(), h("span", { class: "unseen" }, voice.say("loading")));
    const name = { inactive: "lock", busy: "clock", missing: "flag", error: "alert" }[state];
    return live(notice(name, voice.say(state), voice.say(`${state}Hint`), state === "error" && voice.say("tryAgain")));
  }

  _click(event) {
    if (event.target.closest("[data-do=retry]")) {
      this._state = "loading";
      this._render();
      this.refresh();
    }
  }
}

for (const name of ATTRIBUTES) {
  Object.defineProperty(ChallengesElement.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      return this.getAttribute(name) ?? "";
    },
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}

/* ---------------------------------------------------------------- <challenge-card> */

const STATUS_LABELS = {
  not_started: "eudNotStartedLabel", in_progress: "eudInProgressLabel",
  completed: "eudCompletedLabel", failed: "eudFailedLabel",
};
const REWARDS_ON_CARD = 2;
const COPIED_FOR = 2 * SECOND;
const BANNER_FOR = 8 * SECOND;

/** One challenge. */
export class ChallengeCard extends ChallengesElement {
  #isOpen = false;
  #marker = null; // the marker that the arrow keys reached
  #isQuiet = false; // its tooltip was dismissed
  #copied = null; // the reward whose code was just copied
  #banner = "";
  #fresh = new Set(); // rewards that came while the card was on the screen
  #broken = new Set(); // addresses of icons that did not load

  constructor() {
    super();
    const root = this.shadowRoot;
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("focusin", (event) => this.#focused(event));
    // Neither of these bubbles: they are caught on their way down.
    root.addEventListener("error", (event) => this.#iconFailed(event), true);
    root.addEventListener("close", () => this.#closed(), true);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const timer of [this._uncopying, this._unbanner]) clearTimeout(timer);
    this.shadowRoot.querySelector("dialog")?.close();
    this._withdrawn();
  }

  _withdrawn() {
    clearTimeout(this._ticking);
    this.#isOpen = false;
  }

  get _path() {
    return `/${encodeURIComponent(this.challenge)}`;
  }

  async refresh() {
    if (this.challenge) await super.refresh();
  }

  _accept(value) {
    const challenge = value?.data ?? value;
    return challenge && typeof challenge === "object" && !Array.isArray(challenge) && challenge.id ? challenge : null;
  }

  _skeleton() {
    return skeleton();
  }

  /* -- what it shows */

  _view(voice) {
    const challenge = this._answer;
    const now = Date.now();
    const facts = standing(challenge);
    const rewards = rewardsShown(challenge, facts.isOutcome, now);
    return [
      h("article", { part: "card", "data-status": facts.status ?? "guest", "aria-labelledby": "title" },
        this.#banner && h("p", { part: "banner", "data-key": "banner" }, sign("star"), text(this.#banner)),
        this.#header(voice, challenge, facts, now),
        challenge.eudDescription && h("p", { part: "description" }, text(challenge.eudDescription)),
        this.#progress(voice, challenge, facts),
        this.#message(voice, challenge, facts, now),
        this.#nextReward(voice, challenge, facts, now),
        this.#rewards(voice, challenge, rewards.slice(0, REWARDS_ON_CARD), now, "card"),
        this.#footer(voice, challenge, rewards.length),
        h("div", { role: "status", class: "unseen", "data-key": "said" }, !this.#isOpen && this._said)),
      h("dialog", { part: "details", "aria-labelledby": "details-title" },
        this.#isOpen && this.#details(voice, challenge, facts, rewards, now)),
    ];
  }

  /** The pictures follow the clock: each minute, and each second at the end. */
  _rendered() {
    clearTimeout(this._ticking);
    const left = closing(this._answer) - Date.now();
    if (!this.isConnected || !(left > 0)) return;
    const pause = left > 3 * MINUTE ? MINUTE : SECOND;
    this._ticking = setTimeout(() => this._render(), Math.min(left, pause) + 1);
  }

  #heading(offset, attributes, content) {
    const level = Math.min(6, (Number(this.getAttribute("heading-level")) || 3) + offset);
    return h(`h${Math.max(1, level)}`, attributes, text(content));
  }

  #icon(address, fallback, part = "icon") {
    const isPicture = /^(https?:|blob:|data:image\/|\.{0,2}\/)/i.test(address ?? "");
    return h("span", { part }, isPicture && !this.#broken.has(address)
      ? h("img", { src: address, alt: "", decoding: "async", "data-key": address })
      : sign(fallback));
  }

  #header(voice, challenge, { shown, status, isOutcome }, now) {
    const label = status && (shown.eudStatusLabel || challenge[STATUS_LABELS[status]]);
    return h("header", { part: "header" },
      this.#icon(challenge.eudIcon, "trophy"),
      h("div", {},
        this.#heading(0, { part: "title", id: "title" }, titleOf(challenge)),
        h("p", { part: "meta" },
          label && h("span", { part: "status" }, status === "completed" && sign("check"), text(label)),
          !isOutcome && this.#countdown(voice, challenge, now))));
  }

  #countdown(voice, challenge, now, picture = sign("clock")) {
    if (challenge.status === "paused") return null;
    const opens = instant(challenge.startsAt);
    const closes = closing(challenge);
    const [turn, name] = opens > now ? [opens, "starts"] : [closes, "ends"];
    if (!Number.isFinite(turn)) return null;
    return h("span", { part: "countdown" }, picture,
      h("time", { datetime: new Date(turn).toISOString(), title: voice.moment(turn) },
        turn > now ? voice.say(name, { when: voice.until(turn - now) }) : voice.say("ended")));
  }

  #progress(voice, challenge, { shown, isOutcome, value, target, steps, percentage, next }) {
    const amount = (number) => voice.amount(number, challenge.aggregationMethod);
    const dates = isOutcome && this.#dates(voice, challenge, shown.windowStartsAt, shown.windowEndsAt);
    return h("div", { part: "progress" },
      isOutcome && h("p", { part: "round" }, voice.say("lastRound", { dates })),
      h("p", { part: "value", "aria-hidden": "true" },
        h("strong", {}, amount(value)), h("span", {}, "/ ", amount(target)),
        h("span", { part: "percentage" }, voice.percent(percentage))),
      h("div", { class: "rail" },
        h("div", {
          part: "bar", role: "progressbar", "aria-label": voice.say("progress"), "aria-valuemin": 0,
          "aria-valuemax": 100, "aria-valuenow": percentage,
          "aria-valuetext": voice.say("of", { value: amount(value), target: amount(target) }),
        }, h("div", { part: "fill", style: { "--at": unit(value / target) }, "data-empty": !(value > 0) })),
        this.#markers(voice, challenge, markersOf(steps, target), next, isDense(steps))));
  }

  /** One stop for the tab key, arrows inside. A marker opens the details at its step. */
  #markers(voice, challenge, markers, next, isDense) {
    const key = (marker) => marker.steps[0].key;
    const current = markers.find((marker) => key(marker) === this.#marker)
      ?? markers.find((marker) => !marker.reached) ?? markers.at(-1);
    const line = (step) => [step.milestone ? milestoneTitle(step.milestone) : voice.say("goal"),
      voice.amount(step.at, challenge.aggregationMethod), step.reached && voice.say("reached")].filter(Boolean);
    return h("div", { part: "markers", role: "group", "aria-label": voice.say("milestones"), "data-dense": isDense },
      markers.map((marker) => h("span", {
        class: "place", "data-key": key(marker), style: { "--at": marker.position },
        "data-quiet": this.#isQuiet && marker === current,
        "data-side": marker.position < 0.3 ? "start" : marker.position > 0.7 ? "end" : "middle",
      },
        h("button", {
          part: marker.reached ? "marker marker-achieved" : "marker", type: "button", "data-do": "details",
          "data-step": key(marker), "data-goal": !marker.steps.at(-1).milestone,
          "data-next": marker.steps.includes(next), tabindex: marker === current ? 0 : -1,
          "aria-label": marker.steps.map((step) => line(step).join(", ")).join("; "),
        }, marker.steps.at(-1).milestone
          ? marker.reached ? sign("check") : marker.steps.length > 1 && h("b", {}, marker.steps.length)
          : sign(marker.reached ? "check" : "flag")),
        h("span", { part: "tooltip", "aria-hidden": "true" }, marker.steps.slice(-5).map((step) =>
          h("span", { "data-reached": step.reached }, text(line(step)[0]), " ", h("b", {}, line(step)[1])))),
        marker.labelled && h("span", { part: "marker-label", "aria-hidden": "true" },
          h("span", {}, voice.compactAmount(marker.steps.at(-1).at))))));
  }

  #message(voice, challenge, { shown, isOutcome, status }, now) {
    const message = shown ? shown.eudMessage : challenge.eudMilestoneNextToBeAchievedMessage;
    const isInvitation = status !== "completed" && status !== "failed";
    const counts = challenge.status !== "paused" && !(closing(challenge) <= now);
    return [
      message && (counts || !isInvitation) && h("p", { part: "message" }, text(message)),
      challenge.status === "paused" && h("p", { part: "note" }, sign("pause"), voice.say("paused")),
      isOutcome && challenge.status !== "paused" && closing(challenge) > now && h("p", { part: "note" },
        sign("star"), h("span", {}, voice.say("newRound"), " ", this.#countdown(voice, challenge, now, null))),
    ];
  }

  #nextReward(voice, challenge, { status, isOutcome, next }, now) {
    const reward = next && (next.milestone ? next.milestone.reward : challenge.completionReward);
    const title = reward?.eudRewardTitle;
    const isOver = isOutcome || status === "failed" || status === "completed" || closing(challenge) <= now;
    if (!title || isOver) return null;
    return h("p", { part: "next-reward" }, sign("gift"),
      h("span", {}, h("span", {}, voice.say("nextReward")), h("strong", {}, text(title))));
  }

  #footer(voice, challenge, rewardCount) {
    return h("footer", { part: "footer" },
      rewardCount > REWARDS_ON_CARD && h("button", {
        part: "all-rewards-button", type: "button", "data-do": "details", "data-step": "rewards",
      }, voice.say("allRewards", { count: voice.amount(rewardCount, "count") })),
      h("button", { part: "details-button", type: "button", "data-do": "details", "aria-haspopup": "dialog" },
        text(challenge.eudViewDetailsButtonText || voice.say("details"))));
  }

  #dates(voice, challenge, start, end) {
    return voice.days(instant(start), instant(end), challenge.timeZone);
  }

  /* -- rewards */

  #rewards(voice, challenge, rewards, now, place) {
    if (!rewards.length) return null;
    return h("ul", {
      part: "rewards", role: "list", "aria-label": voice.say("rewards"), "data-key": `rewards-${place}`,
    }, rewards.map((log) => this.#reward(voice, challenge, log, now)));
  }

  #reward(voice, challenge, log, now) {
    const status = rewardStatus(log, now);
    const milestone = (challenge.milestones ?? []).find(({ id }) => id === log.milestoneId) ?? log.milestone;
    const source = log.milestoneId ? milestoneTitle(milestone) : titleOf(challenge);
    const title = log.reward?.eudRewardTitle || source || voice.say("reward");
    const instruction = milestone?.eudMilestoneRewardInstructionMessage || log.reward?.eudRewardInstructionMessage;
    const isUsable = status === "issued" || status === "pending_code";
    const code = ["issued", "redeemed", "expired"].includes(status) && log.couponCode;
    return h("li", { part: "reward", "data-key": log.id, "data-status": status },
      h("span", { class: "stub" }, sign(isUsable ? "gift" : status === "redeemed" ? "check" : "close")),
      h("div", { class: "ticket" },
        h("p", { part: "reward-title" }, text(title),
          this.#fresh.has(log.id) && isUsable && h("span", { part: "new" }, voice.say("isNew"))),
        log.milestoneId && source !== title && h("p", { part: "reward-source" }, text(source)),
        code && h("div", { class: "row" },
          h("code", { part: "code", dir: "ltr", translate: "no" }, code),
          status === "issued" && this.#copyButton(voice, log)),
        isUsable && instruction && h("p", { part: "instruction" }, text(instruction)),
        h("p", { part: "reward-status" }, this.#rewardNote(voice, challenge, log, status))));
  }

  #copyButton(voice, log) {
    const isCopied = this.#copied === log.id;
    return h("button", {
      part: "copy-button", type: "button", "data-do": "copy", "data-log": log.id,
      "aria-label": !isCopied && voice.say("copyCode", { code: log.couponCode }),
    }, sign(isCopied ? "check" : "copy"), voice.say(isCopied ? "copied" : "copy"));
  }

  #rewardNote(voice, { timeZone }, { rewardExpiryAt, redeemedAt }, status) {
    // A reward ends with a day of the challenge's zone: the first instant after it is not that day any more.
    const lastDay = rewardExpiryAt && voice.day(instant(rewardExpiryAt) - 1, timeZone);
    const usedOn = redeemedAt && voice.day(instant(redeemedAt));
    if (status === "issued") return lastDay && voice.say("validUntil", { date: lastDay });
    if (status === "redeemed" && usedOn) return voice.say("redeemedOn", { date: usedOn });
    if (status === "expired" && lastDay) return voice.say("expiredOn", { date: lastDay });
    return voice.knows(status) && voice.say(status);
  }

  async #copy(button) {
    const { id, couponCode } = logsOf(this._answer).find((log) => log.id === button.dataset.log);
    try {
      await navigator.clipboard.writeText(couponCode);
    } catch {
      if (!this.#copyBySelection(button, couponCode)) return this._announce(this._voice.say("copyBlocked"));
    }
    this.#copied = id;
    clearTimeout(this._uncopying);
    this._uncopying = setTimeout(() => {
      this.#copied = null;
      this._render();
    }, COPIED_FOR);
    return this._announce(this._voice.say("copied"));
  }

  /** The way of pages without the clipboard permission; where that is refused too, the code is left selected. */
  #copyBySelection(button, code) {
    const field = h("textarea", { class: "unseen", readonly: true });
    field.value = code;
    button.before(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    button.focus();
    if (!isCopied) getSelection().selectAllChildren(button.parentNode.querySelector("code"));
    return isCopied;
  }

  /* -- details */

  #details(voice, challenge, facts, rewards, now) {
    const { shown, isOutcome } = facts;
    const { startsAt, endsAt } = challenge.window ?? {};
    const period = voice.knows(challenge.aggregationPeriod) && voice.say(challenge.aggregationPeriod);
    return h("div", { class: "sheet" },
      h("header", { class: "sheet-head" },
        this.#icon(challenge.eudIcon, "trophy"),
        this.#heading(0, { part: "details-title", id: "details-title" }, titleOf(challenge)),
        h("button", { part: "close-button", type: "button", "data-do": "close", "aria-label": voice.say("close") },
          sign("close"))),
      h("div", { class: "sheet-body" },
        h("p", { part: "window" },
          [period, this.#dates(voice, challenge, startsAt, endsAt)].filter(Boolean).join(" · ")),
        h("p", { part: "meta" },
          this.#countdown(voice, challenge, now), h("span", {}, voice.moment(closing(challenge)))),
        challenge.eudDescription && h("p", { part: "details-description" }, text(challenge.eudDescription)),
        facts.steps.length > 1 && this.#heading(1, { class: "label" }, voice.say("milestones")),
        isOutcome && h("p", { part: "round" },
          voice.say("lastRound", { dates: this.#dates(voice, challenge, shown.windowStartsAt, shown.windowEndsAt) })),
        h("ol", { part: "steps", role: "list" },
          facts.steps.map((step) => this.#step(voice, challenge, step, facts.next))),
        rewards.length > 0 &&
          this.#heading(1, { class: "label", id: "step-rewards", tabindex: -1 }, voice.say("rewards")),
        this.#rewards(voice, challenge, rewards, now, "details")),
      h("div", { role: "status", class: "unseen" }, this._said));
  }

  #step(voice, challenge, { key, milestone, at, reached }, next) {
    const reward = milestone ? milestone.reward : challenge.completionReward;
    const instruction = milestone?.eudMilestoneRewardInstructionMessage || reward?.eudRewardInstructionMessage;
    return h("li", {
      part: reached ? "step step-achieved" : "step", "data-key": key, id: `step-${key}`, tabindex: -1,
      "aria-current": next?.key === key && "step", "data-goal": !milestone,
    },
      this.#icon(milestone?.eudMilestoneIcon, milestone ? "star" : "flag", "step-icon"),
      h("div", {},
        h("p", { part: "step-title" }, milestone ? text(milestoneTitle(milestone)) : voice.say("goal"),
          h("span", { part: "step-value" }, voice.amount(at, challenge.aggregationMethod))),
        reached && h("p", { part: "step-reached" }, sign("check"), voice.say("reached")),
        milestone?.eudMilestoneDescription &&
          h("p", { part: "step-description" }, text(milestone.eudMilestoneDescription)),
        reward?.eudRewardTitle && h("p", { part: "step-reward" }, sign("gift"), text(reward.eudRewardTitle)),
        instruction && h("p", { part: "instruction" }, text(instruction))));
  }

  #openDetails(step) {
    if (!this.#isOpen && !this._tell("challenges:details", { challenge: this._answer }, true)) return;
    this.#isOpen = true;
    this._render();
    const dialog = this.shadowRoot.querySelector("dialog");
    if (!dialog.open) dialog.showModal();
    const place = step && this.shadowRoot.getElementById(`step-${step}`);
    place?.focus({ preventScroll: true });
    place?.scrollIntoView({ block: "center" });
  }

  #closed() {
    this.#isOpen = false;
    this._render();
  }

  /* -- what it hears */

  _click(event) {
    super._click(event);
    const dialog = this.shadowRoot.querySelector("dialog");
    const button = event.target.closest("[data-do]");
    const action = event.target === dialog ? "close" : button?.dataset.do; // the dialog itself is only its backdrop
    if (action === "details") this.#openDetails(button.dataset.step);
    if (action === "close") dialog.close();
    if (action === "copy") this.#copy(button);
  }

  #key(event) {
    const button = event.target.closest("[data-step][tabindex]");
    if (!button?.closest(".markers")) return;
    if (event.key === "Escape") this.#mark(button.dataset.step, true);
    const all = [...this.shadowRoot.querySelectorAll(".marker")];
    const forward = this._voice.direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const here = all.indexOf(button);
    const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const target = { [forward]: here + 1, [back]: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    all[Math.min(Math.max(target, 0), all.length - 1)].focus();
  }

  #focused(event) {
    const marker = event.target.closest(".marker");
    if (marker) this.#mark(marker.dataset.step);
  }

  #mark(step, isQuiet = false) {
    this.#marker = step;
    this.#isQuiet = isQuiet;
    this._render();
  }

  #iconFailed(event) {
    if (event.target.localName !== "img") return;
    this.#broken.add(event.target.getAttribute("src"));
    this._render();
  }

  /* -- news */

  /** Tells what came since the last answer about the same member: rewards, milestones, completion, late codes. */
  _compare(before, after) {
    if (!before || before.id !== after.id || !owner(after) || owner(before) !== owner(after)) return;
    const voice = this._voice;
    const known = new Map(logsOf(before).map((log) => [log.id, log]));
    const rewards = logsOf(after).filter(({ id }) => !known.has(id));
    const codes = logsOf(after)
      .filter((log) => log.status === "issued" && known.get(log.id)?.status === "pending_code");
    const reached = achievements(after).filter((key) => !achievements(before).includes(key));
    const isCompleted = reached.some((key) => key.endsWith("/goal"));
    const milestones = (after.milestones ?? []).filter(({ id }) => reached.some((key) => key.endsWith(`/${id}`)));
    const news = [
      ...milestones.map((milestone) => voice.say("milestoneReached", { title: milestoneTitle(milestone) })),
      isCompleted && voice.say("challengeCompleted", { title: titleOf(after) }),
    ].filter(Boolean);
    const gifts = rewards.filter((log) => log.status !== "capped" && log.reward?.eudRewardTitle);
    const words = [
      ...news,
      ...gifts.map((log) => voice.say("rewardArrived", { title: log.reward.eudRewardTitle })),
      ...codes.map((log) => voice.say("codeArrived", { title: log.reward?.eudRewardTitle || titleOf(after) })),
    ];
    for (const { id } of [...rewards, ...codes]) this.#fresh.add(id);
    if (news.length) this.#celebrate(news.at(-1), isCompleted);
    if (words.length) this._announce(words.join(". "));
    for (const rewardLog of rewards) this._tell("challenges:reward", { rewardLog, challenge: after });
  }

  #celebrate(words, isCompleted) {
    this.#banner = words;
    clearTimeout(this._unbanner);
    this._unbanner = setTimeout(() => {
      this.#banner = "";
      this._render();
    }, BANNER_FOR);
    this._render();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.#confetti(isCompleted ? 70 : 26);
  }

  /** Paper from the end of the bar. It lies beside what is drawn, not in it, and takes itself away. */
  #confetti(pieces) {
    const fill = this.shadowRoot.querySelector(".fill");
    const layer = h("div", { part: "celebration", "aria-hidden": "true" });
    this.shadowRoot.append(layer);
    const bounds = layer.getBoundingClientRect();
    const from = fill.getBoundingClientRect();
    const x = (this._voice.direction === "rtl" ? from.left : from.right) - bounds.left;
    const y = from.top - bounds.top;
    const flights = Array.from({ length: pieces }, (_, index) => {
      const piece = layer.appendChild(h("i", { "data-colour": index % 4, style: { left: `${x}px`, top: `${y}px` } }));
      const reach = (Math.random() - 0.5) * bounds.width * 1.1;
      const rise = -60 - Math.random() * 160;
      const turn = Math.random() * 900;
      return piece.animate([
        { transform: "none", opacity: 1 },
        { transform: `translate(${reach * 0.7}px, ${rise}px) rotate(${turn / 2}deg)`, opacity: 1, offset: 0.4 },
        { transform: `translate(${reach}px, ${rise + 260}px) rotate(${turn}deg)`, opacity: 0 },
      ], { duration: 1400 + Math.random() * 900, easing: "cubic-bezier(.2,.6,.5,1)", fill: "both" }).finished;
    });
    Promise.allSettled(flights).then(() => layer.remove());
  }
}

/** What a member has reached, as keys that name the window too: a new window's milestones are new. */
function achievements(challenge) {
  return [challenge.progress, challenge.lastProgress].filter(Boolean).flatMap((progress) => [
    ...(progress.achievedMilestoneIds ?? []).map((id) => `${progress.periodKey}/${id}`),
    ...(progress.challengeProgressStatus === "completed" ? [`${progress.periodKey}/goal`] : []),
  ]);
}

/* ---------------------------------------------------------------- <challenge-list> */

/** Every challenge the caller may see, from one request. */
export class ChallengeList extends ChallengesElement {
  get _path() {
    return `?limit=${LIST_LIMIT}`;
  }

  _accept(value) {
    const challenges = value?.data ?? value;
    return Array.isArray(challenges) ? challenges.filter((challenge) => challenge?.id) : null;
  }

  _skeleton() {
    return h("div", { part: "list" }, skeleton(), skeleton(), skeleton());
  }

  _view(voice) {
    if (!this._answer.length) return notice("star", voice.say("empty"), voice.say("emptyHint"));
    const [theme, level] = [this.getAttribute("theme"), this.getAttribute("heading-level")];
    return h("ul", { part: "list", role: "list", "aria-label": voice.say("challenges") },
      this._answer.map(({ id }) => h("li", { "data-key": id },
        h("challenge-card", { exportparts: PARTS, language: voice.tag, theme, "heading-level": level }))));
  }

  _rendered() {
    const cards = this.shadowRoot.querySelectorAll("challenge-card");
    cards.forEach((card, index) => {
      if (card.data !== this._answer[index]) card.data = this._answer[index];
    });
  }
}

/* ---------------------------------------------------------------- looks */

/** What a page may style with ::part(), on a list as on a card. */
const PARTS = `card, header, icon, title, meta, status, countdown, description, progress, round, value, percentage, bar,
  fill, markers, marker, marker-achieved, marker-label, tooltip, message, note, next-reward, rewards, reward,
  reward-title, reward-source, reward-status, new, code, copy-button, instruction, footer, all-rewards-button,
  details-button, details, details-title, details-description, window, close-button, steps, step, step-achieved,
  step-icon, step-title, step-value, step-reached, step-description, step-reward, banner, celebration, notice,
  notice-sign, notice-title, notice-hint, retry-button, skeleton`;

/** Every public custom property is read here, once; `--_x` are the component's own. */
const COLOURS = (surface, text, muted, border, track, accent, onAccent, success, failure, shadow) => `
  --_surface: var(--challenges-surface, ${surface}); --_text: var(--challenges-text, ${text});
  --_muted: var(--challenges-muted, ${muted}); --_border: var(--challenges-border, ${border});
  --_track: var(--challenges-track, ${track}); --_accent: var(--challenges-accent, ${accent});
  --_on-accent: var(--challenges-on-accent, ${onAccent}); --_success: var(--challenges-success, ${success});
  --_failure: var(--challenges-failure, ${failure}); --_shadow: var(--challenges-shadow, ${shadow});`;
const LIGHT = COLOURS("#fff", "#191a24", "#5b5e70", "#e7e8ef", "#e9e9f2", "#573fe6", "#fff", "#0b7a4b", "#b23347",
  "0 1px 2px rgb(18 18 43 / 5%), 0 14px 34px -16px rgb(18 18 43 / 22%)") + "color-scheme: light;";
const DARK = COLOURS("#191a23", "#f2f2f8", "#abaebf", "#2e303d", "#2f3140", "#a99bff", "#17122f", "#56d69f", "#ff9aa6",
  "0 1px 2px rgb(0 0 0 / 40%), 0 14px 34px -16px rgb(0 0 0 / 70%)") + "color-scheme: dark;";

const STYLE = `
:host { display: grid; grid-template-columns: minmax(0, 1fr); position: relative; ${LIGHT}
  --_radius: var(--challenges-radius, 20px); --_bar: var(--challenges-bar-size, 12px);
  --_icon: var(--challenges-icon-size, 56px); --_tone: var(--_accent);
  font-family: var(--challenges-font-family, inherit); color: var(--_text); line-height: 1.45; text-align: start; }
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) { :host(:not([theme=light])) { ${DARK} } }
:host([theme=dark]) { ${DARK} }
*, ::before, ::after { box-sizing: border-box; }
h1, h2, h3, h4, h5, h6, p, ul, ol, li, dialog { margin: 0; padding: 0; }
ul, ol { list-style: none; }
p, h1, h2, h3, h4, h5, h6, code { overflow-wrap: anywhere; hyphens: auto; }
button { font: inherit; color: inherit; cursor: pointer; border: 0; background: none; padding: 0;
  touch-action: manipulation; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.sign { inline-size: 1.1em; block-size: 1.1em; flex: none; fill: none; stroke: currentcolor; stroke-width: 2;
  stroke-linecap: round; stroke-linejoin: round; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
:lang(ja) { word-break: auto-phrase; }
.frame, .list > li { display: grid; grid-template-columns: minmax(0, 1fr); }
.row { display: flex; align-items: center; gap: 10px; }
.list { display: grid; gap: var(--challenges-gap, 20px);
  grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--challenges-card-size, 21rem)), 1fr)); }

.card { display: flex; flex-direction: column; gap: 16px; padding: 20px; border-radius: var(--_radius);
  background: var(--_surface); border: 1px solid var(--_border); box-shadow: var(--_shadow); }
[data-status=completed] { --_tone: var(--_success); }
.card[data-status=completed] {
  background-image: linear-gradient(color-mix(in srgb, var(--_success) 10%, var(--_surface)), var(--_surface) 140px); }
.card[data-status=failed] { --_tone: var(--_failure); }
.card[data-status=not_started] { --_tone: var(--_muted); }
.header { display: flex; gap: 14px; align-items: flex-start; }
.header > div { min-inline-size: 0; flex: 1; }
.icon, .step-icon { flex: none; display: grid; place-items: center; inline-size: var(--_icon); block-size: var(--_icon);
  border-radius: 28%; overflow: hidden; color: var(--_accent); font-size: calc(var(--_icon) * .48);
  background: color-mix(in srgb, var(--_accent) 12%, var(--_surface)); }
.icon img, .step-icon img { inline-size: 100%; block-size: 100%; object-fit: contain; }
.title { font-size: 1.125rem; line-height: 1.3; font-weight: 700; letter-spacing: -.01em; }
.meta { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; margin-block-start: 6px;
  font-size: .8125rem; color: var(--_muted); }
.status { display: inline-flex; align-items: center; gap: 4px; padding: 2px 10px; border-radius: 99px; font-weight: 600;
  color: color-mix(in srgb, var(--_tone) 82%, var(--_text));
  background: color-mix(in srgb, var(--_tone) 12%, var(--_surface)); }
.countdown { display: inline-flex; align-items: center; gap: 5px; }
.description { font-size: .9375rem; color: var(--_muted); display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 4; overflow: hidden; }

.round { font-size: .8125rem; font-weight: 600; color: var(--_muted); margin-block-end: 6px; }
.value { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 6px; color: var(--_muted);
  font-variant-numeric: tabular-nums; }
.value strong { font-size: 1.625rem; line-height: 1.2; letter-spacing: -.02em; color: var(--_text); }
.percentage { margin-inline-start: auto; font-weight: 600; }
.rail { --_edge: 12px; position: relative; block-size: 28px; margin-block-start: 8px; }
.rail:has(.marker-label) { margin-block-end: 18px; }
.bar { position: absolute; inset-inline: 0; inset-block-start: calc(14px - var(--_bar) / 2); block-size: var(--_bar);
  border-radius: 99px; background: var(--_track); overflow: hidden; }
.fill { block-size: 100%; border-radius: 99px; inline-size: calc(var(--_edge) + (100% - 2 * var(--_edge)) * var(--at));
  background: linear-gradient(to right, color-mix(in srgb, var(--_tone) 72%, var(--_surface)), var(--_tone));
  transition: inline-size .9s cubic-bezier(.2, .8, .2, 1); animation: grow .9s cubic-bezier(.2, .8, .2, 1); }
[dir=rtl] .fill { background: linear-gradient(to left, color-mix(in srgb, var(--_tone) 72%, var(--_surface)), var(--_tone)); }
.fill[data-empty] { inline-size: 0; }
@keyframes grow { from { inline-size: 0; } }
.place { position: absolute; inset-block-start: 14px; inline-size: 0; display: flex; justify-content: center;
  inset-inline-start: calc(var(--_edge) + (100% - 2 * var(--_edge)) * var(--at)); }
.marker { flex: none; inline-size: 24px; block-size: 24px; margin-block-start: -12px; border-radius: 50%; display: grid;
  place-items: center; font-size: .75rem; color: var(--_muted); background: var(--_surface);
  border: 2px solid color-mix(in srgb, var(--_muted) 45%, var(--_surface));
  transition: scale .2s, background-color .4s; }
.marker:hover { scale: 1.15; }
.marker[data-next] { color: var(--_accent); border-color: var(--_accent); }
.marker[data-goal] { inline-size: 28px; block-size: 28px; margin-block-start: -14px; font-size: .875rem; }
.marker-achieved { color: var(--_surface); background: var(--_tone); border-color: var(--_surface);
  animation: arrive .5s cubic-bezier(.3, 1.8, .5, 1); }
[data-status=not_started] .marker-achieved { background: var(--_muted); }
@keyframes arrive { from { scale: .4; } }
[data-dense] .marker:not([data-goal]) { inline-size: 9px; block-size: 9px; margin-block-start: -4.5px;
  border-width: 2px; font-size: 0; }
[data-dense] .marker[data-goal] { inline-size: 20px; block-size: 20px; margin-block-start: -10px; font-size: .6875rem; }
.marker-label { position: absolute; inset-block-start: 16px; display: flex; justify-content: center; inline-size: 0;
  white-space: nowrap; font-size: .75rem; font-variant-numeric: tabular-nums; color: var(--_muted); }
.place:has([data-goal]) .marker-label { justify-content: flex-end; inset-inline-end: -14px; font-weight: 600; }
.tooltip { display: none; position: absolute; z-index: 2; inset-block-end: 34px; inline-size: max-content;
  max-inline-size: min(15rem, 60vw);
  padding: 7px 11px; border-radius: 10px; font-size: .8125rem; color: var(--_surface); background: var(--_text);
  box-shadow: 0 6px 20px rgb(0 0 0 / 25%); pointer-events: none; }
.tooltip > span { display: block; }
.tooltip b { opacity: .8; font-weight: 500; margin-inline-start: 4px; }
.place:is(:hover, :focus-within):not([data-quiet]) .tooltip { display: block; }
[data-side=start] .tooltip { inset-inline-start: -14px; }
[data-side=end] .tooltip { inset-inline-end: -14px; }

.message { font-weight: 500; }
.note, .next-reward { display: flex; gap: 10px; align-items: center; font-size: .875rem; color: var(--_muted); }
.next-reward { padding: 10px 12px; border-radius: 14px;
  background: color-mix(in srgb, var(--_accent) 7%, var(--_surface)); }
.next-reward .sign { font-size: 1.25rem; color: var(--_accent); }
.next-reward > span, .next-reward span span { display: block; font-size: .75rem; }
.next-reward strong { font-size: .9375rem; color: var(--_text); }

.rewards { display: grid; gap: 12px; }
.reward { --_stub: 44px; --_cut: var(--_stub); display: grid; grid-template-columns: var(--_stub) minmax(0, 1fr);
  border-radius: 14px;
  background: color-mix(in srgb, var(--_accent) 8%, var(--_surface));
  mask: radial-gradient(circle 7px at var(--_cut) 0, #0000 96%, #000) top / 100% 51% no-repeat,
    radial-gradient(circle 7px at var(--_cut) 100%, #0000 96%, #000) bottom / 100% 51% no-repeat; }
[dir=rtl] .reward { --_cut: calc(100% - var(--_stub)); }
.stub { display: grid; place-items: center; font-size: 1.25rem; color: var(--_on-accent); background: var(--_accent);
  border-start-start-radius: 14px; border-end-start-radius: 14px; }
.ticket { padding: 12px 14px 12px 16px; display: grid; gap: 4px;
  border-inline-start: 2px dashed color-mix(in srgb, var(--_accent) 40%, var(--_surface)); }
.ticket .row { flex-wrap: wrap; justify-content: space-between; margin-block: 2px; }
.reward-title { font-weight: 700; }
.new { margin-inline-start: 8px; padding: 1px 8px; border-radius: 99px; font-size: .6875rem; font-weight: 700;
  vertical-align: .1em;
  color: var(--_on-accent); background: var(--_accent); }
.reward-source, .reward-status, .instruction { font-size: .8125rem; color: var(--_muted); }
.reward-status:empty { display: none; }
.code { font: 600 1rem/1.3 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: .02em;
  hyphens: none; }
.copy-button { display: inline-flex; align-items: center; gap: 6px; min-block-size: 36px; padding: 0 13px;
  border-radius: 99px;
  font-size: .8125rem; font-weight: 600; color: var(--_on-accent); background: var(--_accent); }
.reward:is([data-status=redeemed], [data-status=expired], [data-status=revoked], [data-status=capped]) {
  background: color-mix(in srgb, var(--_muted) 8%, var(--_surface)); }
.reward:not([data-status=issued], [data-status=pending_code]) .stub { background: var(--_track); color: var(--_muted); }
.reward:not([data-status=issued], [data-status=pending_code]) .ticket { border-color: var(--_border);
  color: var(--_muted); }
.reward:not([data-status=issued]) .code { text-decoration: line-through; font-size: .9375rem; }

.footer { display: flex; flex-wrap: wrap; gap: 10px; justify-content: flex-end; margin-block-start: auto; }
.details-button, .all-rewards-button, .retry-button { min-block-size: 44px; padding: 8px 18px; border-radius: 99px;
  font-size: .9375rem; font-weight: 600;
  color: color-mix(in srgb, var(--_accent) 82%, var(--_text));
  background: color-mix(in srgb, var(--_accent) 11%, var(--_surface)); transition: background-color .2s; }
.details-button { flex: 1 1 auto; }
.all-rewards-button { background: none; padding-inline: 10px; }
.details-button:hover, .retry-button:hover { background: color-mix(in srgb, var(--_accent) 20%, var(--_surface)); }
.copy-button:hover { background: color-mix(in srgb, var(--_accent) 86%, var(--_text)); }

.details { inline-size: min(34rem, calc(100vw - 32px)); max-block-size: min(44rem, calc(100dvh - 48px)); margin: auto;
  border: 0; overflow: auto;
  overscroll-behavior: contain; border-radius: calc(var(--_radius) + 4px); color: var(--_text);
  background: var(--_surface); box-shadow: 0 30px 80px rgb(0 0 0 / 35%); }
.details::backdrop { background: rgb(12 12 24 / 55%); }
.details[open] { animation: rise .3s cubic-bezier(.2, .8, .2, 1); }
@keyframes rise { from { translate: 0 24px; opacity: 0; } }
@media (max-width: 520px) { .details { inline-size: 100%; max-inline-size: none; max-block-size: 88dvh;
  margin-block-end: 0; border-end-start-radius: 0; border-end-end-radius: 0; } }
.sheet-head { --_icon: 44px; position: sticky; inset-block-start: 0; z-index: 1; display: flex; align-items: center;
  gap: 12px;
  padding: 18px 20px 12px; background: var(--_surface); }
.details-title { flex: 1; min-inline-size: 0; font-size: 1.125rem; line-height: 1.3; }
.close-button { flex: none; display: grid; place-items: center; inline-size: 44px; block-size: 44px;
  border-radius: 50%; font-size: 1.125rem; background: var(--_track); }
.sheet-body { display: grid; gap: 12px; padding: 4px 20px 24px; }
.sheet-body .meta { margin: -8px 0 0; }
.sheet-body .meta span + span::before { content: "·"; margin-inline-end: 10px; }
.window { font-size: .875rem; font-weight: 600; }
.details-description, .step-description { white-space: pre-line; }
.label { margin-block-start: 10px; font-size: .9375rem; }
.step { position: relative; display: flex; gap: 14px; padding-block-end: 20px; --_icon: 40px; }
.step > div { min-inline-size: 0; flex: 1; display: grid; gap: 3px; }
.step:not([data-goal])::before { content: ""; position: absolute; inset-block: 40px 0; inset-inline-start: 19px;
  inline-size: 2px; background: var(--_track); }
.step-achieved:not([data-goal])::before { background: var(--_success); }
.step[aria-current] .step-icon { outline: 2px solid var(--_accent); outline-offset: 2px; }
.step[data-goal] { padding-block-end: 0; }
.step-title { display: flex; flex-wrap: wrap; gap: 0 12px; justify-content: space-between; font-weight: 600; }
.step-value { color: var(--_muted); font-variant-numeric: tabular-nums; }
.step-reached, .step-reward { display: flex; align-items: center; gap: 6px; font-size: .875rem; }
.step-reached { color: var(--_success); font-weight: 600; }
.step-reward .sign { color: var(--_accent); }
.step-description { font-size: .875rem; color: var(--_muted); }

.banner { display: flex; align-items: center; gap: 10px; padding: 10px 14px; border-radius: 14px; font-weight: 600;
  color: var(--_surface); background: var(--_tone); animation: rise .4s cubic-bezier(.2, .8, .2, 1); }
.celebration { position: absolute; inset: 0; overflow: hidden; pointer-events: none; border-radius: var(--_radius); }
.celebration i { position: absolute; inline-size: 9px; block-size: 6px; border-radius: 2px;
  background: var(--_accent); }
.celebration [data-colour="1"] { background: #f5b93a; }
.celebration [data-colour="2"] { background: #27b481; inline-size: 7px; block-size: 7px; border-radius: 50%; }
.celebration [data-colour="3"] { background: #f2638c; }

.notice { display: grid; justify-items: center; gap: 6px; padding: 36px 20px; text-align: center;
  border-radius: var(--_radius);
  background: var(--_surface); border: 1px solid var(--_border); }
.notice-sign { display: grid; place-items: center; inline-size: 56px; block-size: 56px; margin-block-end: 6px;
  border-radius: 50%; font-size: 1.5rem;
  color: var(--_accent); background: color-mix(in srgb, var(--_accent) 12%, var(--_surface)); }
.notice-title { font-weight: 700; font-size: 1.0625rem; }
.notice-hint { color: var(--_muted); max-inline-size: 36ch; text-wrap: balance; }
.retry-button { margin-block-start: 10px; }
.bone { display: block; block-size: 16px; margin-block: 6px; border-radius: 8px;
  animation: breathe 1.4s ease-in-out infinite alternate; background: var(--_track); }
.bone.tile { inline-size: var(--_icon); block-size: var(--_icon); margin: 0; border-radius: 28%; }
.bone.short { inline-size: 55%; }
.bone.thin { block-size: var(--_bar); margin-block: 16px; }
.bone.button { block-size: 44px; border-radius: 99px; }
.skeleton .row div { flex: 1; }
@keyframes breathe { to { opacity: .45; } }
@media (max-width: 400px) { .reward { --_stub: 34px; } .ticket { padding-inline: 12px; } .ticket .row { gap: 6px;
  } .code { font-size: .9375rem; letter-spacing: 0; } .copy-button { padding-inline: 12px; } }
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important;
  transition: none !important; } }
@media (forced-colors: active) {
  .fill, .marker-achieved { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  .bar, .card, .reward, .copy-button, .details-button, .retry-button { border: 1px solid; }
}
`;

let constructed = null;

/** One sheet for every card on the page; constructed, because a strict CSP has no place for a <style>. */
function sheet() {
  if (!constructed) {
    constructed = new CSSStyleSheet();
    constructed.replaceSync(STYLE);
  }
  return constructed;
}

/* Not in a server's JavaScript, where there is nothing to define; not twice, where two bundles carry this file. */
for (const [name, element] of [["challenge-card", ChallengeCard], ["challenge-list", ChallengeList]]) {
  if (globalThis.customElements && !customElements.get(name)) customElements.define(name, element);
}
