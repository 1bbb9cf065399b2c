/** The names of the simulated exchange: the shapes that break collectors stand first, so that small markets have them too. */

/** Symbol, price in quote currency, decimals of the tick, decimals printed, decimals of the quantity. */
export const SPECIAL_SYMBOLS: ReadonlyArray<readonly [string, number, number, number, number]> = [
  ['BTCUSDT', 84_250, 1, 2, 3],
  ['ETHUSDT', 3_120, 2, 2, 3],
  ['BTCUSD_PERP', 84_240, 1, 1, 0],
  ['币安人生USDT', 0.1834, 5, 7, 0],
  ['1000PEPEUSDT', 0.0087, 7, 7, 0],
  ['SOLUSDT', 187.3, 2, 4, 2],
  ['ETHUSD_PERP', 3_119, 2, 2, 0],
  ['4USDT', 0.0421, 5, 7, 0],
  ['XRPUSDT', 2.31, 4, 4, 1],
  ['BTCUSDT_261225', 85_110, 1, 1, 3],
  ['牛来USDT', 0.1005, 5, 7, 0],
  ['DOGEUSDT', 0.214, 5, 6, 0],
  ['BTCUSD_261225', 85_090, 1, 1, 0],
  ['0GUSDT', 1.21, 4, 7, 0],
  ['ZECUSDC', 511.2, 2, 2, 3],
  ['1000SHIBUSDT', 0.0124, 6, 6, 0],
  ['ETHUSDT_261225', 3_150, 2, 2, 3],
  ['龙虾USDT', 0.0312, 6, 7, 0],
  ['SOLUSD_PERP', 187.2, 3, 3, 0],
  ['我踏马来了USDT', 0.0077, 7, 7, 0],
];

/** Base assets that follow, quoted in USDT; further ones are made up when a larger market is asked for. */
export const BASE_ASSETS: readonly string[] = (
  'BNB ADA AVAX LINK SUI TON TRX DOT LTC BCH NEAR APT UNI ICP ETC FIL ARB OP ATOM HBAR INJ XLM STX IMX TAO RENDER ' +
  'AAVE MKR GRT LDO RUNE ALGO SEI TIA JUP PYTH WLD ENA ONDO FET GALA SAND MANA AXS CHZ EGLD FLOW THETA XTZ EOS NEO ' +
  'KAVA SNX CRV COMP YFI SUSHI 1INCH ZRX BAT ENJ ANKR ROSE ONE ZIL IOTA ONT QTUM VET DASH ZEC XMR CAKE DYDX GMX MASK ' +
  'BLUR MAGIC HOOK ID EDU CYBER ARKM STRK PENDLE ETHFI BOME WIF PEOPLE ORDI SATS RATS TURBO NOT IO ZK ZRO LISTA BB ' +
  'REZ TNSR SAGA OMNI ALT MANTA PIXEL PORTAL AEVO DYM XAI ACE NFP AI JTO VANRY GAS POLYX TRB BIGTIME CFX ACH HIGH ' +
  'LPT MINA SSV LQTY AGLD RDNT C98 RLC CTSI SKL CELO STORJ KNC BAND BEL RSR IOST IOTX SFP LRC TRU POWR HIVE ARPA'
).split(' ');

/** Those with the most volume, the most traded first, as on the real exchange: each has half as much again as the next. */
export const VOLUME_LEADERS: readonly string[] = 'BTC ETH SOL XRP DOGE BNB ADA AVAX LINK SUI'.split(' ');

/** Two of them make the name of an asset that is made up. */
export const NAME_PARTS: readonly string[] =
  'AL BRI COR DEL ELA FEN GLO HEX ION JUN KOR LUM MIR NEX ORB PIX QUA RAY STO TER ULT VEX WAV XEN YAR ZEN'.split(
    ' ',
  );
