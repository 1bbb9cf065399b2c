/**
 * Rows of a row group, the least that is read of a file. Few enough that those of one symbol, which lie together, cost
 * little to read; at half as many, files grow by a tenth.
 */
export const ROW_GROUP_ROWS = 20_480;
