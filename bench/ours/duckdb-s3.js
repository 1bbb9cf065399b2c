/** QUERY FILE…: DuckDB by itself on these files of an object store, `TABLE` in the query being all of them. Prints the rows. */
import { DuckDBInstance } from '@duckdb/node-api';

const [query, ...files] = process.argv.slice(2);
const {
  CRYPTO_LAKE_HTTPFS: httpfs,
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: id,
  AWS_SECRET_ACCESS_KEY: secret,
} = process.env;
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run(`LOAD '${httpfs}'; SET TimeZone = 'UTC'`);
await connection.run(
  `CREATE SECRET (TYPE s3, KEY_ID '${id}', SECRET '${secret}', REGION 'us-east-1', ENDPOINT '${new URL(url).host}', URL_STYLE 'path', USE_SSL false)`,
);
const list = files.map((file) => `'${file}'`).join(', ');
const result = await connection.runAndReadAll(query.replace('TABLE', `read_parquet([${list}])`));
console.log(JSON.stringify(result.getRowsJson()));
process.exit();
