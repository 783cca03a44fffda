/**
 * Markdown as HTML, with links between the pages of the site.
 */

import { Marked } from "marked";

/** A part of a page that can be found: a heading and the text under it. */
export interface Section {
  /** The heading's id, or empty for the text before the first heading. */
  id: string;
  title: string;
  text: string;
}

/** A page as HTML. */
export interface Rendered {
  html: string;
  sections: Section[];
}

/** Says where the links of a page lead. */
export interface Targets {
  /** The address of a link or an image that is written as a path; undefined if the site has nothing there. */
  addressOf(path: string, isImage: boolean): string | undefined;
}

/** Renders a page. */
export function render(markdown: string, targets: Targets): Rendered {
  const ids = new Map<string, number>();
  const sections: Section[] = [{ id: "", title: "", text: "" }];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const html = this.parser.parseInline(tokens);
        const title = textOf(html);
        const id = idOf(title, ids);
        sections.push({ id, title, text: "" });
        return `<h${depth} id="${id}">${html}<a class="anchor" href="#${id}" aria-label="Link to this part">#</a></h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const address = addressOf(href, targets, false);
        return address === undefined ? text : `<a href="${escaped(address)}">${text}</a>`;
      },
      image({ href, text }) {
        const address = addressOf(href, targets, true);
        return address === undefined
          ? escaped(text)
          : `<img src="${escaped(address)}" alt="${escaped(text)}">`;
      },
      paragraph({ tokens }) {
        return `<p>${said(this.parser.parseInline(tokens))}</p>\n`;
      },
      code({ text }) {
        return `<pre tabindex="0"><code>${escaped(said(text, true))}</code></pre>\n`;
      },
      table(token) {
        const cell = (html: string, tag: string) => `<${tag}>${said(html)}</${tag}>`;
        const row = (cells: { tokens: typeof token.header[0]["tokens"] }[], tag: string) => {
          const texts = cells.map(({ tokens }) => this.parser.parseInline(tokens));
          // An empty cell is no heading, for those who hear the table.
          return `<tr>${texts.map((html) => cell(html, html === "" ? "td" : tag)).join("")}</tr>\n`;
        };
        const body = token.rows.map((cells) => row(cells, "td")).join("");
        return `<div class="wide" tabindex="0"><table>\n<thead>${
          row(token.header, "th")
        }</thead>\n<tbody>${body}</tbody>\n</table></div>\n`;
      },
      text(token) {
        const html = "tokens" in token && token.tokens
          ? this.parser.parseInline(token.tokens)
          : escaped(token.text);
        return html;
      },
      listitem({ tokens }) {
        const html = this.parser.parse(tokens);
        said(html);
        return `<li>${html}</li>\n`;
      },
    },
  });

  /** Adds text to the section in which it stands. */
  function said(text: string, isPlain = false): string {
    sections.at(-1)!.text += ` ${isPlain ? text : textOf(text)}`;
    return text;
  }

  const html = marked.parse(markdown, { async: false });
  return { html, sections: sections.filter(({ title, text }) => title !== "" || text.trim() !== "") };
}

/** The id that a heading gets on the forge as well, so that links in the files hold in both places. */
function idOf(title: string, ids: Map<string, number>): string {
  const id = title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
  const before = ids.get(id) ?? 0;
  ids.set(id, before + 1);
  return before === 0 ? id : `${id}-${before}`;
}

function addressOf(href: string, { addressOf }: Targets, isImage: boolean): string | undefined {
  return /^([a-z]+:|#)/.test(href) ? href : addressOf(href, isImage);
}

/** Text for HTML, in quotes as well. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}

/** The words of a piece of HTML. */
function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll(
    "&quot;",
    '"',
  )
    .replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}
