/** Builds the messages with which TLS begins (RFC 8446, 4.1). */

type Bytes = Uint8Array;

const u8 = (value: number): Bytes => Buffer.from([value]);
const u16 = (value: number): Bytes => Buffer.from([value >> 8, value & 0xff]);
const u24 = (value: number): Bytes => Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
const withLength8 = (body: Bytes): Bytes => Buffer.concat([u8(body.length), body]);
const withLength16 = (body: Bytes): Bytes => Buffer.concat([u16(body.length), body]);

export const extension = (type: number, body: Bytes): Bytes =>
  Buffer.concat([u16(type), withLength16(body)]);

/** @param nameType 0 is a host name */
export const serverName = (name: string, nameType = 0): Bytes => {
  const entry = Buffer.concat([u8(nameType), withLength16(Buffer.from(name, 'latin1'))]);
  return extension(0, withLength16(entry));
};

export const alpn = (...protocols: readonly string[]): Bytes =>
  extension(
    16,
    withLength16(Buffer.concat(protocols.map((name) => withLength8(Buffer.from(name, 'latin1'))))),
  );

export const offeredVersions = (...versions: readonly number[]): Bytes =>
  extension(43, withLength8(Buffer.concat(versions.map(u16))));

export const chosenVersion = (version: number): Bytes => extension(43, u16(version));

export interface Hello {
  /** legacy_version. Default TLS 1.2. */
  readonly version?: number;
  /** Without any, the hello ends before them. */
  readonly extensions?: readonly Bytes[];
  /** Length of the record's body. Default: that of the hello. */
  readonly recordLength?: number;
}

export const clientHello = (hello: Hello = {}): Buffer =>
  record(1, hello, [
    withLength8(Buffer.alloc(32, 0x55)),
    withLength16(Buffer.from('130113021303c02b', 'hex')),
    withLength8(u8(0)),
  ]);

export const serverHello = (hello: Hello = {}): Buffer =>
  record(2, hello, [withLength8(Buffer.alloc(32, 0x55)), Buffer.from('130100', 'hex')]);

function record(type: number, hello: Hello, middle: readonly Bytes[]): Buffer {
  const { version = 0x0303, extensions } = hello;
  const body = Buffer.concat([
    u16(version),
    Buffer.alloc(32, 0xaa),
    ...middle,
    ...(extensions ? [withLength16(Buffer.concat(extensions))] : []),
  ]);
  const length = hello.recordLength ?? body.length + 4;
  return Buffer.concat([u8(22), u16(0x0301), u16(length), u8(type), u24(body.length), body]);
}

/** What OpenSSL 3.0 sends for www.example.com with ALPN h2 and http/1.1. */
export const opensslClientHello = Buffer.from(
  '16030101820100017e0303dd208a929a0e693672d91b75fd29224a14be82529ac45cd9862d3600d4676a4920c968f8c079f62afccf1bb6f70270528d40c80a690768433b85aeb95e42f40c540076130213031301c02fc02bc030c02c009ec0270067c028006b00a3009fcca9cca8ccaac0afc0adc0a3c09fc05dc061c057c05300a2c0aec0acc0a2c09ec05cc060c056c052c024006ac0230040c00ac01400390038c009c01300330032009dc0a1c09dc051009cc0a0c09cc050003d003c0035002f00ff010000bf00000014001200000f7777772e6578616d706c652e636f6d000b000403000102000a00160014001d0017001e0019001801000101010201030104002300000010000e000c02683208687474702f312e310016000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020602002b00050403040303002d00020101003300260024001d002039c7449c86f016b4e0b6502db377a2cc43a4e4ae44b9c14fe6679153c5488f2d',
  'hex',
);

/** What OpenSSL 3.0 answers to that: TLS 1.3, so that its choice of ALPN is encrypted. */
export const opensslServerHello = Buffer.from(
  '160303007a020000760303b4e479afd187cd5afeb04a1f5c397941177dbf83a29cb0c5147aa221a4deeacd20c968f8c079f62afccf1bb6f70270528d40c80a690768433b85aeb95e42f40c54130200002e002b0002030400330024001d0020807e1fba929e65fe753ba6784a1508f97d4b3560d0b7eec2897bae0cb5c3f4331403030001011703030020e0622f428bdc597cc14ed4e1998211bc503e78053f1fac4f4b6864212513a98b',
  'hex',
);

/** What OpenSSL 3.0 answers to a client of TLS 1.2, which offered no protocols. */
export const opensslTls12ServerHello = Buffer.from(
  '16030300410200003d0303aed771e9729462e58296b91f532a3c824b473dc4cad40f71444f574e4752440100c02b000015ff01000100000b00040300010200230000001700001603030004',
  'hex',
);
