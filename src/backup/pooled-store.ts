/** A table whose data files lie in another place than its log, where all back-ups of it have them once. */
import type { TableStore } from '../delta/store/table-store.ts';

/** Whether an entry is none of the data files: log, deletion vectors, what other programs keep in a table. */
export function isBesideData(name: string): boolean {
  return name.startsWith('_') || /(^|\/)deletion_vector_[0-9a-f-]{36}\.bin$/.test(name);
}

/** @param own what {@link isBesideData}. */
export function pooledStore(own: TableStore, data: TableStore): TableStore {
  const of = (name: string) => (isBesideData(name) ? own : data);
  return {
    location: own.location,
    folder: undefined,
    async list(folder, options) {
      if (folder !== '') return of(folder).list(folder, options);
      return [...(await own.list('', options)), ...(await data.list('', options))];
    },
    async listNames(folder, from) {
      if (folder !== '') return of(folder).listNames(folder, from);
      return [...(await own.listNames('', from)), ...(await data.listNames('', from))];
    },
    read: (name) => of(name).read(name),
    readImmutable: (name) => of(name).readImmutable(name),
    putIfAbsent: (name, bytes) => of(name).putIfAbsent(name, bytes),
    put: (name, bytes) => of(name).put(name, bytes),
    putFile: (name, write) => of(name).putFile(name, write),
    moveIn: (name, path) => of(name).moveIn(name, path),
    download: (name, path) => of(name).download(name, path),
    async localPaths(entries) {
      const beside = entries.filter(({ name }) => isBesideData(name));
      const rest = entries.filter(({ name }) => !isBesideData(name));
      const paths = [...(await own.localPaths(beside)), ...(await data.localPaths(rest))];
      const placed = new Map([...beside, ...rest].map((entry, index) => [entry, paths[index] ?? '']));
      return entries.map((entry) => placed.get(entry) ?? '');
    },
    delete: (name) => of(name).delete(name),
    enginePath: (name) => of(name).enginePath(name),
  };
}
