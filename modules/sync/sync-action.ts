/** What operators can have done to one collection, now. */
export const SYNC_ACTIONS = ['warm', 'reconcile', 'drop', 'snapshot'] as const;

export type SyncAction = (typeof SYNC_ACTIONS)[number];

export function isSyncAction(value: unknown): value is SyncAction {
  return SYNC_ACTIONS.some((each) => each === value);
}
