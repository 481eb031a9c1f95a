#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kReLibrary = {"re", R"py(
from _scriptc_re import NOFLAG, IGNORECASE, LOCALE, MULTILINE, DOTALL, UNICODE, VERBOSE, ASCII, I, L, M, S, U, X, A
from _scriptc_re import error, _CONTROLS, _Parser


class Match:
    def __init__(self, pattern, string, spans):
        self.re = pattern
        self.string = string
        self._spans = spans

    def span(self, group=0):
        if isinstance(group, str):
            if group not in self.re.groupindex:
                raise IndexError('no such group')
            group = self.re.groupindex[group]
        if not 0 <= group <= self.re.groups:
            raise IndexError('no such group')
        return self._spans.get(group) or (-1, -1)

    def start(self, group=0):
        return self.span(group)[0]

    def end(self, group=0):
        return self.span(group)[1]

    def _text(self, group, default=None):
        start, end = self.span(group)
        return default if start < 0 else self.string[start:end]

    def group(self, *groups):
        if len(groups) > 1:
            return tuple(self._text(group) for group in groups)
        return self._text(groups[0] if groups else 0)

    def __getitem__(self, group):
        return self._text(group)

    def groups(self, default=None):
        return tuple(self._text(n, default) for n in range(1, self.re.groups + 1))

    def groupdict(self, default=None):
        return {name: self._text(n, default) for name, n in self.re.groupindex.items()}

    def expand(self, template):
        return _expand(template, self)

    def __repr__(self):
        return f'<re.Match object; span={self.span()!r}, match={self.group()!r}>'


def _expand(template, match):
    out = []
    at = 0
    while at < len(template):
        c = template[at]
        at += 1
        if c != '\\' or at == len(template):
            out.append(c)
            continue
        c = template[at]
        at += 1
        if c == 'g' and template.startswith('<', at):
            end = template.index('>', at)
            name = template[at + 1:end]
            out.append(match._text(int(name) if name.isdigit() else name, ''))
            at = end + 1
        elif c.isdigit() and c != '0':
            out.append(match._text(int(c), ''))
        else:
            out.append(_CONTROLS.get(c, '\\' if c == '\\' else '\\' + c))
    return ''.join(out)


class Pattern:
    def __init__(self, pattern, flags):
        parser = _Parser(pattern, flags)
        self._body = parser.parse()
        if parser.flags != flags:
            parser = _Parser(pattern, parser.flags)
            self._body = parser.parse()
        self.pattern = pattern
        self.flags = parser.flags | U
        self.groups = parser.count
        self.groupindex = parser.names

    def _at(self, string, start, whole=False, advance=False):
        spans = {}
        end = self._body.match(string, start, spans, lambda end: None if whole and end < len(string) or advance and end == start
                               else end)
        if end is None:
            return None
        spans[0] = (start, end)
        return Match(self, string, spans)

    def match(self, string, pos=0):
        return self._at(string, pos)

    def fullmatch(self, string, pos=0):
        return self._at(string, pos, True)

    def search(self, string, pos=0):
        return self._search(string, pos, False)

    def _search(self, string, pos, advance):
        for start in range(pos, len(string) + 1):
            found = self._at(string, start, False, advance and start == pos)
            if found is not None:
                return found
        return None

    def finditer(self, string, pos=0):
        advance = False
        while True:
            found = self._search(string, pos, advance)
            if found is None:
                return
            yield found
            pos = found.end()
            advance = found.start() == pos  # after an empty match comes one that is not, at the same place

    def findall(self, string, pos=0):
        return [found.group() if self.groups == 0 else found.groups('')[0] if self.groups == 1 else found.groups('')
                for found in self.finditer(string, pos)]

    def subn(self, repl, string, count=0):
        out = []
        at = done = 0
        for found in self.finditer(string):
            out.append(string[at:found.start()])
            out.append(repl(found) if callable(repl) else _expand(repl, found))
            at = found.end()
            done += 1
            if done == count:
                break
        out.append(string[at:])
        return ''.join(out), done

    def sub(self, repl, string, count=0):
        return self.subn(repl, string, count)[0]

    def split(self, string, maxsplit=0):
        out = []
        at = done = 0
        for found in self.finditer(string):
            out.append(string[at:found.start()])
            out.extend(found.groups())
            at = found.end()
            done += 1
            if done == maxsplit:
                break
        out.append(string[at:])
        return out

    def __repr__(self):
        return f're.compile({self.pattern!r})'


_known = {}


def compile(pattern, flags=0):
    if isinstance(pattern, Pattern):
        return pattern
    if (pattern, flags) not in _known:
        _known[pattern, flags] = Pattern(pattern, flags)
    return _known[pattern, flags]


def match(pattern, string, flags=0):
    return compile(pattern, flags).match(string)


def fullmatch(pattern, string, flags=0):
    return compile(pattern, flags).fullmatch(string)


def search(pattern, string, flags=0):
    return compile(pattern, flags).search(string)


def findall(pattern, string, flags=0):
    return compile(pattern, flags).findall(string)


def finditer(pattern, string, flags=0):
    return compile(pattern, flags).finditer(string)


def sub(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).sub(repl, string, count)


def subn(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).subn(repl, string, count)


def split(pattern, string, maxsplit=0, flags=0):
    return compile(pattern, flags).split(string, maxsplit)


def escape(pattern):
    return ''.join(c if c.isalnum() or c == '_' or ord(c) > 127 else '\\' + c for c in pattern)


def purge():
    _known.clear()
)py"};

}  // namespace scriptc::python
