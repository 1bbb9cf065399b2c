/** The venue of rows that name none: they are older than the column. What asks for no venue asks for this one. */
export const FIRST_VENUE = 'binance';
