import { constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { twoDigits } from '../../../records/local-time.ts';
import type { Host } from '../../api.ts';
import type { FileEnd, OpenedFile } from '../opened-file.ts';

const HEAD = Buffer.from('<?xml version="1.0" encoding="utf-8"?>\n<packet>\n');
const FOOT = Buffer.from('</packet>\n');

/** rw-r-----, as all logs. */
const MODE = 0o640;

/** Files of one second that have names: `…-020543.xml`, `…-020543-1.xml` and so on. */
const MAX_NUMBER = 99;

/** A folder in which no file can be made. */
export class XmlFolderError extends Error {
  override readonly name = 'XmlFolderError';
  /** Name of the errno: `EACCES`. */
  readonly code: string;
  readonly path: string;

  constructor(cause: NodeJS.ErrnoException, path: string, uid: number) {
    const code = cause.code ?? 'EIO';
    super(
      `${code}: cannot make '${path}': a new file is made at each SIGHUP, so xmldirectory has to ` +
        `be a folder that user ${uid}, whom specter runs as, can write to`,
      { cause },
    );
    this.code = code;
    this.path = path;
  }
}

/**
 * Makes a file of its own for each document, `PREFIX-pkt-DDMMYYYY-HHMMSS.xml` as ulogd2 names them,
 * in local time. It is made with the rights of the user that specter becomes, so that the start
 * fails and not the first SIGHUP where they do not suffice.
 *
 * @throws XmlFolderError
 */
export function createXmlFile(host: Host, folder: string, prefix: string): OpenedFile {
  const stem = join(host.absolutePath(folder), `${prefix}-pkt-${timeInName(new Date())}`);
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOCTTY } = constants;
  for (let number = 0; ; number++) {
    const path = number === 0 ? `${stem}.xml` : `${stem}-${number}.xml`;
    try {
      const flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOCTTY;
      return document(
        path,
        host.asUser(() => openSync(path, flags, MODE)),
      );
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (error.code !== 'EEXIST' || number === MAX_NUMBER) {
        throw new XmlFolderError(error, path, host.uid);
      }
    }
  }
}

/** Standard output, as it was when specter was started. */
export const openStdout = (host: Host): OpenedFile =>
  document('/dev/stdout', host.openAppend('/dev/stdout'));

const document = (path: string, fd: number): OpenedFile => ({
  path,
  fd,
  head: () => HEAD,
  finish: (end) => finish(fd, end),
});

/** Takes away the beginning of a record, where the disk was full, and closes the root. */
function finish(fd: number, { torn, begun }: FileEnd): void {
  if (torn > 0) {
    const stat = fstatSync(fd);
    if (stat.isFile()) ftruncateSync(fd, stat.size - torn);
  }
  const rest = begun ? FOOT : Buffer.concat([HEAD, FOOT]);
  for (let at = 0; at < rest.length; ) at += writeSync(fd, rest, at);
}

/** `22112026-020543` */
function timeInName(time: Date): string {
  const date = [time.getDate(), time.getMonth() + 1].map(twoDigits).join('') + time.getFullYear();
  return `${date}-${[time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join('')}`;
}

const isErrno = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error;
