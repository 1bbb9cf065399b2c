/**
 * One leaf column of a Parquet row group as flat arrays. hyparquet decodes the pages; its own next step, the assembly of
 * nested lists for each row, costs several times as much as everything before it.
 */
import type { ColumnMetaData, DecodedArray, SchemaTree } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, convertWithDictionary, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel } from 'hyparquet/src/schema.js';

/** Levels as the Parquet format defines them. A column without repeated groups has no repetition levels. */
export interface Leaf {
  readonly definitions: readonly number[];
  readonly repetitions: readonly number[];
  /** The definition level of an entry that has a value. */
  readonly maxDefinition: number;
  /** The values alone, without the nulls. */
  readonly values: ArrayLike<unknown>;
}

/**
 * @param bytes the whole file.
 * @param schemaPath the elements from the root to the leaf.
 * @throws Error for what this reader does not know.
 */
export function readLeaf(bytes: Uint8Array, column: ColumnMetaData, schemaPath: SchemaTree[]): Leaf {
  const { element } = schemaPath.at(-1) as SchemaTree;
  const { type, codec, path_in_schema: pathInSchema } = column;
  const decoder = { type, codec, pathInSchema, element, schemaPath, parsers: DEFAULT_PARSERS };
  const maxDefinition = getMaxDefinitionLevel(schemaPath);
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, Number(column.total_compressed_size));
  const reader = { view, offset: 0 };
  let dictionary: DecodedArray | undefined;
  const pages: Leaf[] = [];
  for (let seen = 0; seen < column.num_values; ) {
    const header = parquetHeader(reader);
    if (header.type === 'DICTIONARY_PAGE') {
      const { data = [] } = readPage(reader, header, decoder, undefined, undefined, 0);
      dictionary = numbers(convert(data, decoder));
      continue;
    }
    const compressed = new Uint8Array(
      view.buffer,
      view.byteOffset + reader.offset,
      header.compressed_page_size,
    );
    reader.offset += header.compressed_page_size;
    const { data_page_header: v1, data_page_header_v2: v2 } = header;
    const info = v1 ?? v2;
    if (info === undefined) throw new Error(`a page of type ${header.type}`);
    const { definitionLevels, repetitionLevels, dataPage } =
      v1 === undefined
        ? readDataPageV2(compressed, header, decoder)
        : readDataPage(
            decompressPage(compressed, header.uncompressed_page_size, codec, undefined),
            v1,
            decoder,
          );
    // hyparquet gives none where all are the highest.
    const definitions = definitionLevels?.length
      ? definitionLevels
      : Array(info.num_values).fill(maxDefinition);
    const values = numbers(convertWithDictionary(dataPage, dictionary, info.encoding, decoder));
    pages.push({ definitions, repetitions: repetitionLevels, maxDefinition, values });
    seen += info.num_values;
  }
  return pages.length === 1 ? (pages[0] as Leaf) : joined(pages, maxDefinition);
}

function joined(pages: readonly Leaf[], maxDefinition: number): Leaf {
  return {
    definitions: pages.flatMap(({ definitions }) => definitions),
    repetitions: pages.flatMap(({ repetitions }) => repetitions),
    maxDefinition,
    values: pages.flatMap(({ values }) => Array.from(values)),
  };
}

/** 64-bit integers come as bigint; those that a number holds become numbers, as in commits. */
function numbers(values: DecodedArray): DecodedArray {
  if (!(values instanceof BigInt64Array)) return values;
  return Array.from(values, (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
}
