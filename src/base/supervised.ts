/** Environment variable of children of this program: each has a channel to its parent, and ends with it. */
export const SUPERVISED = 'CRYPTO_LAKE_SUPERVISED';
