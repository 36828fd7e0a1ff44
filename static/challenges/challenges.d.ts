/** Types of challenges.js: the two elements, their events, and the records of the API that they show. */

/** An ISO 8601 time with an offset. */
export type DateTime = string;

export type RecordStatus = "draft" | "live" | "paused";
export type ProgressStatus = "not_started" | "in_progress" | "completed" | "failed";
export type RewardLogStatus = "pending_code" | "issued" | "redeemed" | "revoked" | "expired" | "capped";

export interface Reward {
  eudRewardTitle: string;
  eudRewardInstructionMessage: string;
}

/** A milestone as a reward log names it: what is shown beside the reward. */
export interface MilestoneSummary {
  id: string;
  name: string;
  milestoneTargetValue: number;
  eudMilestoneTitle: string;
  eudMilestoneDescription: string;
  eudMilestoneIcon: string;
  eudMilestoneRewardInstructionMessage: string;
}

export interface Milestone extends MilestoneSummary {
  linkedSchemaSlug: "challenge";
  linkedSchemaRecordId: string;
  description: string;
  status: RecordStatus;
  reward: Reward | null;
  createdAt: DateTime;
  updatedAt: DateTime;
}

export interface RewardLog {
  id: string;
  linkedSchemaSlug: "challenge";
  linkedSchemaRecordId: string;
  ownedById: string;
  /** Null for the reward of a completion. */
  milestoneId: string | null;
  milestone: MilestoneSummary | null;
  /** Null where none was configured: the code stands for itself. */
  reward: Reward | null;
  periodKey: string;
  status: RewardLogStatus;
  couponCode: string | null;
  rewardIssuedAt: DateTime;
  rewardExpiryAt: DateTime | null;
  redeemedAt: DateTime | null;
  achievedTargetValue: number | null;
}

export interface ChallengeProgress {
  /** Null before the first activity of the window: there is no record yet. */
  id: string | null;
  challengeId: string;
  ownedById: string;
  periodKey: string;
  windowStartsAt: DateTime;
  /** The first instant after the window. */
  windowEndsAt: DateTime;
  currentProgressValue: number;
  completionTargetValue: number;
  percentage: number;
  challengeProgressStatus: ProgressStatus;
  challengeStartedAt: DateTime | null;
  challengeCompletedAt: DateTime | null;
  challengeFailedAt: DateTime | null;
  achievedMilestoneIds: string[];
  nextMilestone: Milestone | null;
  /** What is left to the next milestone, else to the target, as texts show it: "150.00", or "5" of a count. */
  nextRemainingValue: string;
  eudStatusLabel: string;
  /** The message that fits the status, variables filled in; null where nothing is left to reach. */
  eudMessage: string | null;
  rewardLogs: RewardLog[];
  updatedAt: DateTime | null;
}

export interface ChallengeWindow {
  periodKey: string;
  startsAt: DateTime;
  /** The first instant after the window. */
  endsAt: DateTime;
}

/** A challenge as a guest reads it, and, with `progress` and `lastProgress`, as a member does. */
export interface Challenge {
  id: string;
  name: string;
  description: string;
  status: RecordStatus;
  completionTargetValue: number;
  aggregationMethod: "sum" | "count";
  aggregationPeriod: "daily" | "weekly" | "monthly";
  timeZone: string;
  startsAt: DateTime | null;
  endsAt: DateTime | null;
  activityIds: string[];
  displayOrder: number;
  completionReward: Reward | null;
  milestones: Milestone[];
  window: ChallengeWindow;
  /** The member's standing in the window of now; a guest's challenge has none. */
  progress?: ChallengeProgress | null;
  /** The newest closed window that the member took part in. */
  lastProgress?: ChallengeProgress | null;
  eudTitle: string;
  eudDescription: string;
  eudIcon: string;
  eudInProgressLabel: string;
  eudCompletedLabel: string;
  eudNotStartedLabel: string;
  eudFailedLabel: string;
  eudViewDetailsButtonText: string;
  eudCompletedChallengeMessage: string;
  eudFailedChallengeMessage: string;
  /** Null where nothing is left to reach. */
  eudMilestoneNextToBeAchievedMessage: string | null;
  createdAt: DateTime;
  updatedAt: DateTime;
}

export interface ApiError {
  code: string;
  detail: string;
  attr: string | null;
}

/** A reward came while the element was on the page. */
export type RewardEvent = CustomEvent<{ rewardLog: RewardLog; challenge: Challenge }>;
/** The token was refused: set a new one, and the element asks again. */
export type TokenExpiredEvent = CustomEvent<Record<string, never>>;
/** "View Details" was pressed; `preventDefault()` keeps the element's own details closed. */
export type DetailsEvent = CustomEvent<{ challenge: Challenge }>;
/** An answer was missing (`status` 0) or refused. The element shows what is left to show, or a notice. */
export type ErrorEvent = CustomEvent<{ status: number; errors: ApiError[] }>;

/** What the tags take in markup, for the JSX of a framework; see docs/component.md. */
export interface ChallengesAttributes {
  api?: string | undefined;
  token?: string | undefined;
  language?: string | undefined;
  /** The challenge's id (cards). */
  challenge?: string | undefined;
  theme?: "light" | "dark" | undefined;
  /** The level of a card's title, 1 to 6; 3 unless said. */
  "heading-level"?: number | string | undefined;
}

declare class ChallengesElement extends HTMLElement {
  /** The API's base address, without `/schema`; an empty one is the page's own host. */
  api: string;
  /** The member's signed token; none: a guest. */
  token: string;
  /** A language tag; none: that of the nearest `lang` in the page. */
  language: string;
  /** The challenge's id (cards). */
  challenge: string;
  /** `light` or `dark`; none: what the reader's system prefers. */
  theme: string;
  /** Asks the API again, for example after an order. Never rejects. */
  refresh(): Promise<void>;
}

export class ChallengeCard extends ChallengesElement {
  /** What is shown; set, it is shown instead of asking the API, until it is set to null. */
  get data(): Challenge | null;
  set data(value: Challenge | { data: Challenge } | null | undefined);
}

export class ChallengeList extends ChallengesElement {
  /** What is shown; set, it is shown instead of asking the API, until it is set to null. */
  get data(): Challenge[] | null;
  set data(value: Challenge[] | { data: Challenge[] } | null | undefined);
}

declare global {
  interface HTMLElementTagNameMap {
    "challenge-card": ChallengeCard;
    "challenge-list": ChallengeList;
  }

  interface HTMLElementEventMap {
    "challenges:reward": RewardEvent;
    "challenges:token-expired": TokenExpiredEvent;
    "challenges:details": DetailsEvent;
    "challenges:error": ErrorEvent;
  }
}
