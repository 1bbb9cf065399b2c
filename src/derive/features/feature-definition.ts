/** Names the formulas: rows of one definition may be learnt from together. Raise the revision when a formula changes. */
import { createHash } from 'node:crypto';
import { FEATURE_NAMES } from '../../lake/tables/features.ts';

const REVISION = 1;

/** 16 hex digits, from the names in their order and the revision of their formulas. */
export const FEATURE_DEFINITION = createHash('sha256')
  .update(JSON.stringify([REVISION, FEATURE_NAMES]))
  .digest('hex')
  .slice(0, 16);
