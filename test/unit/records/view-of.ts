/** A view of exactly a Buffer's bytes, for functions that write text. */
export const viewOf = ({ buffer, byteOffset, length }: Buffer<ArrayBuffer>): DataView =>
  new DataView(buffer, byteOffset, length);
