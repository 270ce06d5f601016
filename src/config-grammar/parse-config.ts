import { type Diagnostic, DiagnosticList } from './diagnostics.ts';
import type { ConfigDocument } from './document.ts';
import { controlMessage, DocumentBuilder } from './document-builder.ts';
import { parseTokens } from './parser.ts';
import { type PluginReference, pluginReferences } from './plugin-reference.ts';
import { SourceText } from './source-text.ts';
import { tokenize } from './tokens.ts';

/** What a text says, before anything in it is looked up. */
export interface ParsedConfig {
  readonly document: ConfigDocument;
  /** Lexical and syntax errors, in the order found. */
  readonly diagnostics: readonly Diagnostic[];
  /** Diagnostics beyond those that are kept. */
  readonly suppressed: number;
  /** Plugins to be loaded before `resolveConfig`. */
  readonly pluginReferences: readonly PluginReference[];
}

/**
 * Reads a config file: any input gives a document and diagnostics, never an exception, in time
 * linear in its length.
 *
 * @param input text, or bytes as read from the file (UTF-8; other bytes are replaced, with a warning)
 * @param file the name to be shown in diagnostics
 */
export function parseConfig(input: string | Uint8Array, file: string): ParsedConfig {
  const source = new SourceText(input, file);
  const diagnostics = new DiagnosticList(source);
  if (source.firstInvalid) {
    diagnostics.warning(
      source.firstInvalid,
      'the file is not valid UTF-8 from here on; each wrong byte is read as U+FFFD',
    );
  }
  const { tokens, control } = tokenize(source.text);
  for (const { startOffset: offset, image } of control) {
    diagnostics.error({ offset, length: image.length }, controlMessage(image));
  }
  const builder = new DocumentBuilder(source, diagnostics);
  parseTokens(tokens, builder);
  const document = { source, blocks: builder.blocks, wellFormed: diagnostics.errors === 0 };
  return {
    document,
    diagnostics: diagnostics.kept,
    suppressed: diagnostics.suppressed,
    pluginReferences: pluginReferences(document),
  };
}
