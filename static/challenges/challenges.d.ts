/** Types of challenges.js: the two elements, their events, and the records of the API that they show. */

/** An ISO 8601 time with an offset. */
export type DateTime = string;

export type ProgressStatus = "not_started" | "in_progress" | "completed" | "failed";
export type RewardLogStatus = "pending_code" | "issued" | "redeemed" | "revoked" | "expired" | "capped";

export interface Reward {
  eudRewardTitle: string;
  eudRewardInstructionMessage: string;
}

export interface Milestone {
  id: string;
  linkedSchemaSlug: "challenge";
  linkedSchemaRecordId: string;
  name: string;
  description: string;
  milestoneTargetValue: number;
  status: "draft" | "live" | "paused";
  reward: Reward | null;
  eudMilestoneTitle: string;
  eudMilestoneDescription: string;
  eudMilestoneIcon: string;
  eudMilestoneRewardInstructionMessage: string;
}

export interface RewardLog {
  id: string;
  linkedSchemaSlug: "challenge";
  linkedSchemaRecordId: string;
  ownedById: string;
  /** Null for the reward of a completion. */
  milestoneId: string | null;
  milestone: Milestone | null;
  reward: Reward | null;
  periodKey: string;
  status: RewardLogStatus;
  couponCode: string | null;
  rewardIssuedAt: DateTime;
  rewardExpiryAt: DateTime | null;
  redeemedAt: DateTime | null;
}

export interface ChallengeProgress {
  id: string | null;
  challengeId: string;
  ownedById: string;
  periodKey: string;
  windowStartsAt: DateTime;
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
  nextRemainingValue: string;
  eudStatusLabel: string;
  eudMessage: string | null;
  rewardLogs: RewardLog[];
}

/** A challenge as a guest reads it, and, with `progress` and `lastProgress`, as a member does. */
export interface Challenge {
  id: string;
  name: string;
  description: string;
  status: "draft" | "live" | "paused";
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
  window: { periodKey: string; startsAt: DateTime; endsAt: DateTime };
  progress?: ChallengeProgress | null;
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
  eudMilestoneNextToBeAchievedMessage: string;
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
