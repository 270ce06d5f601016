import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What came over a connection: whole lines, and the beginning of the next. */
interface Received {
  readonly lines: string[];
  rest: string;
}

/** A program that receives lines, by TCP on 127.0.0.1 or on a Unix socket. */
export class Receiver implements AsyncDisposable {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  /** What each connection has sent, in the order in which they were made. */
  readonly #received: Received[] = [];
  readonly #distinct = new Set<string>();
  #observers: (() => void)[] = [];
  /** Whether connections are read. */
  #reading = true;

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** @param place a path, or a port; 0: any */
  static async listen(place: string | number = 0): Promise<Receiver> {
    const receiver = new Receiver();
    const server = receiver.#server;
    if (typeof place === 'string') server.listen(place);
    else server.listen(place, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections there have been. */
  get connections(): number {
    return this.#received.length;
  }

  /** Whole lines of all connections. */
  get lines(): string[] {
    return this.#received.flatMap(({ lines }) => lines);
  }

  /** Whole lines of each connection. */
  get linesByConnection(): string[][] {
    return this.#received.map(({ lines }) => lines);
  }

  /** Resolves when `condition` is true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#observers.push(resolve));
  }

  /** Resolves with the lines when there are `count` different ones. */
  async waitFor(count: number): Promise<string[]> {
    await this.until(() => this.#distinct.size >= count);
    return this.lines;
  }

  /** Reads no more, or goes on. */
  stall(): void {
    this.#reading = false;
    for (const socket of this.#connections) socket.pause();
  }

  resume(): void {
    this.#reading = true;
    for (const socket of this.#connections) socket.resume();
  }

  /** Breaks all connections: RST. On a Unix socket only what was not read makes it known. */
  reset(): void {
    const isTcp = typeof this.#server.address() !== 'string';
    for (const socket of this.#connections) {
      // What Node has read is not lost with the connection.
      while (socket.read() !== null);
      if (isTcp) socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  /** Closes all connections in order: FIN. */
  endConnections(): void {
    for (const socket of this.#connections) socket.end();
  }

  /** Is gone: refuses connections. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#connections) {
      while (socket.read() !== null);
      socket.destroy();
    }
    await once(this.#server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #accept(socket: Socket): void {
    const received: Received = { lines: [], rest: '' };
    this.#received.push(received);
    this.#connections.add(socket);
    if (!this.#reading) socket.pause();
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      const lines = (received.rest + text).split('\n');
      received.rest = lines.pop() ?? '';
      for (const line of lines) {
        received.lines.push(line);
        this.#distinct.add(line);
      }
      this.#notify();
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#connections.delete(socket);
      this.#notify();
    });
    this.#notify();
  }

  #notify(): void {
    for (const observer of this.#observers.splice(0)) observer();
  }
}
