/**
 * Rows of a row group, the least that is read of a file, where a table does not say otherwise: few enough that the rows of
 * one symbol, which lie together, cost little to read. With a third as many, an aggregate over all rows takes a sixth longer.
 */
export const ROW_GROUP_ROWS = 60_000;
