import type { BytesWire, IntegerWire } from '../cells.ts';
import { hexWriter, inetWriter, rawWriter } from './bytes-writers.ts';
import type { PgColumn } from './catalogue.ts';
import { oid } from './column-type.ts';
import { dateWriter, IntegerWriter, numericWriter, timestampWriter } from './integer-writers.ts';
import type { ValueWriter } from './value-writer.ts';

/** How the values of a column go to the server. */
export interface WireType {
  /** The type that they have on the way: `int4`. */
  readonly name: string;
  readonly oid: number;
  readonly writer: ValueWriter;
  /** An assignment to the column needs no conversion that is written out. */
  readonly isNative: boolean;
}

type Wire = IntegerWire | BytesWire;
type Form = Omit<WireType, 'isNative'>;

const boolForm: Form = { name: 'bool', oid: oid.bool, writer: new IntegerWriter(1) };
const int2Form: Form = { name: 'int2', oid: oid.int2, writer: new IntegerWriter(2) };
const int4Form: Form = { name: 'int4', oid: oid.int4, writer: new IntegerWriter(4) };
const int8Form: Form = { name: 'int8', oid: oid.int8, writer: new IntegerWriter(8) };
const numericForm: Form = { name: 'numeric', oid: oid.numeric, writer: numericWriter };
const timestamptzForm: Form = {
  name: 'timestamptz',
  oid: oid.timestamptz,
  writer: timestampWriter,
};
const timestampForm: Form = { name: 'timestamp', oid: oid.timestamp, writer: timestampWriter };
const dateForm: Form = { name: 'date', oid: oid.date, writer: dateWriter };
const textForm: Form = { name: 'text', oid: oid.text, writer: rawWriter };
const hexForm: Form = { name: 'text', oid: oid.text, writer: hexWriter };
const byteaForm: Form = { name: 'bytea', oid: oid.bytea, writer: rawWriter };
const inetForm: Form = { name: 'inet', oid: oid.inet, writer: inetWriter };
const cidrForm: Form = { name: 'cidr', oid: oid.cidr, writer: inetWriter };
const macaddrForm: Form = { name: 'macaddr', oid: oid.macaddr, writer: rawWriter };
/** It takes six bytes and puts ff:fe in their middle (macaddr8_recv). */
const macaddr8Form: Form = { name: 'macaddr8', oid: oid.macaddr8, writer: rawWriter };
const uuidForm: Form = { name: 'uuid', oid: oid.uuid, writer: rawWriter };

/** By the column's type. Texts are of one form, and the server checks their lengths. */
const nativeForms: Readonly<Record<Wire, Readonly<Record<number, Form>>>> = {
  integer: {
    [oid.int2]: int2Form,
    [oid.int4]: int4Form,
    [oid.int8]: int8Form,
    [oid.numeric]: numericForm,
  },
  boolean: { [oid.bool]: boolForm },
  time: {
    [oid.timestamptz]: timestamptzForm,
    [oid.timestamp]: timestampForm,
    [oid.date]: dateForm,
  },
  text: { [oid.text]: textForm, [oid.varchar]: textForm, [oid.bpchar]: textForm },
  binary: { [oid.bytea]: byteaForm },
  address: { [oid.inet]: inetForm, [oid.cidr]: cidrForm },
  mac: { [oid.macaddr]: macaddrForm, [oid.macaddr8]: macaddr8Form },
  uuid: {
    [oid.uuid]: uuidForm,
    [oid.bytea]: byteaForm,
    [oid.text]: hexForm,
    [oid.varchar]: hexForm,
    [oid.bpchar]: hexForm,
  },
};

/** For columns of other types: what the server converts. */
const convertedForms: Readonly<Record<Wire, Form>> = {
  integer: int8Form,
  boolean: boolForm,
  time: timestamptzForm,
  text: textForm,
  binary: byteaForm,
  address: inetForm,
  mac: macaddrForm,
  uuid: hexForm,
};

/** How values in a certain form go into a column. */
export function wireType(wire: Wire, { typeOid }: PgColumn): WireType {
  const native = nativeForms[wire][typeOid];
  return native ? { ...native, isNative: true } : { ...convertedForms[wire], isNative: false };
}
