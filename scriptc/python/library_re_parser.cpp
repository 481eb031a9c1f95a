#include "scriptc/python/library.h"

namespace scriptc::python {

// Backtracking over a tree of nodes: steps and nesting count against the evaluator's own limits.
const LibraryFile kReParserLibrary = {"_scriptc_re", R"py(
class error(Exception):
    pass


NOFLAG, IGNORECASE, LOCALE, MULTILINE, DOTALL, UNICODE, VERBOSE, ASCII = 0, 2, 4, 8, 16, 32, 64, 256
I, L, M, S, U, X, A = IGNORECASE, LOCALE, MULTILINE, DOTALL, UNICODE, VERBOSE, ASCII
_FLAGS = {'i': I, 'L': L, 'm': M, 's': S, 'u': U, 'x': X, 'a': A}
_CONTROLS = {'n': '\n', 't': '\t', 'r': '\r', 'f': '\f', 'v': '\v', 'a': '\a', '0': '\0'}


def _word(c):
    return c.isalnum() or c == '_'


_CLASSES = {'d': lambda c: c.isdigit(), 'w': _word, 's': lambda c: c.isspace(),
            'D': lambda c: not c.isdigit(), 'W': lambda c: not _word(c), 'S': lambda c: not c.isspace()}


# A node is either simple, step(text, at, groups) -> the next position or None, or it takes what follows it as a
# function: match(text, at, groups, rest). Only the latter nest calls.
class _Simple:
    simple = True

    def __init__(self, step):
        self.step = step


def _one(test):
    return _Simple(lambda text, at, groups: at + 1 if at < len(text) and test(text[at]) else None)


class _Anchor(_Simple):
    def __init__(self, test):
        super().__init__(lambda text, at, groups: at if test(text, at) else None)


class _Sequence:
    simple = False

    def __init__(self, nodes):
        self.nodes = nodes

    def match(self, text, at, groups, rest):
        return self.run(0, text, at, groups, rest)

    def run(self, n, text, at, groups, rest):
        nodes = self.nodes
        while n < len(nodes):
            node = nodes[n]
            n += 1
            if not node.simple:
                return node.match(text, at, groups, lambda end: self.run(n, text, end, groups, rest))
            at = node.step(text, at, groups)
            if at is None:
                return None
        return rest(at)


class _Group:
    simple = False

    def __init__(self, number, body):
        self.number = number
        self.body = body

    def match(self, text, at, groups, rest):
        def closed(end):
            before = groups.get(self.number)
            groups[self.number] = (at, end)
            found = rest(end)
            if found is None:
                groups[self.number] = before
            return found
        return self.body.match(text, at, groups, closed)


class _Choice:
    simple = False

    def __init__(self, options):
        self.options = options

    def match(self, text, at, groups, rest):
        for option in self.options:
            found = option.match(text, at, groups, rest)
            if found is not None:
                return found
        return None


class _Repeat:
    simple = False

    def __init__(self, body, least, most, greedy):
        self.body = body
        self.least = least
        self.most = most
        self.greedy = greedy

    def match(self, text, at, groups, rest):
        if not self.body.simple:
            return self.again(0, text, at, groups, rest)
        ends = [at]
        while self.most is None or len(ends) <= self.most:
            end = self.body.step(text, ends[-1], groups)
            if end is None or end == ends[-1] and len(ends) > self.least:
                break
            ends.append(end)
        ends = ends[self.least:]
        for end in reversed(ends) if self.greedy else ends:
            found = rest(end)
            if found is not None:
                return found
        return None

    def again(self, count, text, at, groups, rest):
        def more():
            if self.most is not None and count >= self.most:
                return None
            return self.body.match(text, at, groups, lambda end: None if end == at and count >= self.least
                                   else self.again(count + 1, text, end, groups, rest))
        if count < self.least:
            return more()
        if not self.greedy:
            found = rest(at)
            return more() if found is None else found
        found = more()
        return rest(at) if found is None else found


class _Parser:
    def __init__(self, pattern, flags):
        self.pattern = pattern
        self.flags = flags
        self.at = 0
        self.count = 0
        self.names = {}

    def fail(self, what):
        raise error(f'{what} at position {self.at}')

    def peek(self, text):
        return self.pattern.startswith(text, self.at)

    def take(self, text):
        if not self.peek(text):
            return False
        self.at += len(text)
        return True

    def until(self, end):
        stop = self.pattern.find(end, self.at)
        if stop < 0:
            self.fail(f'missing {end}, unterminated name')
        name = self.pattern[self.at:stop]
        self.at = stop + len(end)
        return name

    def parse(self):
        body = self.choice()
        if self.at < len(self.pattern):
            self.fail('unbalanced parenthesis')
        return body

    def choice(self):
        options = [self.sequence()]
        while self.take('|'):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else _Choice(options)

    def sequence(self):
        nodes = []
        while self.at < len(self.pattern) and not self.peek('|') and not self.peek(')'):
            if self.flags & X and self.skip_blank():
                continue
            node = self.atom()
            if node is not None:
                nodes.append(self.repeated(node))
        return _Sequence(nodes)

    def skip_blank(self):
        if self.pattern[self.at].isspace():
            self.at += 1
            return True
        if self.peek('#'):
            end = self.pattern.find('\n', self.at)
            self.at = len(self.pattern) if end < 0 else end
            return True
        return False

    def repeated(self, node):
        while self.at < len(self.pattern):
            start = self.at
            if self.take('*'):
                least, most = 0, None
            elif self.take('+'):
                least, most = 1, None
            elif self.take('?'):
                least, most = 0, 1
            elif self.peek('{') and self.bounds() is not None:
                least, most = self.bounds()
                self.at = self.pattern.find('}', self.at) + 1
            else:
                return node
            if isinstance(node, (_Repeat, _Anchor)):
                self.at = start
                self.fail('multiple repeat' if isinstance(node, _Repeat) else 'nothing to repeat')
            node = _Repeat(node, least, most, not self.take('?'))
        return node

    def bounds(self):
        low, comma, high = self.pattern[self.at + 1:max(self.pattern.find('}', self.at), self.at + 1)].partition(',')
        if not all(part == '' or part.isdigit() for part in (low, high)) or low + high == '' and not comma:
            return None
        least = int(low) if low else 0
        return least, (int(high) if high else None) if comma else least

    def literal(self, c):
        if self.flags & I:
            c = c.lower()
            return _one(lambda x: x.lower() == c)
        return _one(lambda x: x == c)

    def atom(self):
        c = self.pattern[self.at]
        self.at += 1
        if c == '.':
            return _one(lambda x: True) if self.flags & S else _one(lambda x: x != '\n')
        if c == '^':
            lines = self.flags & M
            return _Anchor(lambda text, at: at == 0 or lines and text[at - 1] == '\n')
        if c == '$':
            lines = self.flags & M
            return _Anchor(lambda text, at: at == len(text) or text[at] == '\n' and (lines or at == len(text) - 1))
        if c == '[':
            return _one(self.characters())
        if c == '(':
            return self.group()
        if c == '\\':
            return self.escape()
        if c in '*+?':
            self.at -= 1
            self.fail('nothing to repeat')
        return self.literal(c)

    def escape(self):
        if self.at >= len(self.pattern):
            self.fail('bad escape (end of pattern)')
        c = self.pattern[self.at]
        self.at += 1
        if c in _CLASSES:
            return _one(_CLASSES[c])
        if c in 'bB':
            return _Anchor(lambda text, at: ((at > 0 and _word(text[at - 1])) != (at < len(text) and _word(text[at])))
                          == (c == 'b'))
        if c == 'A':
            return _Anchor(lambda text, at: at == 0)
        if c == 'Z':
            return _Anchor(lambda text, at: at == len(text))
        if c in '123456789':
            return self.reference(int(c))
        if c.isalpha() and c not in _CONTROLS:
            self.fail(f'bad escape \\{c}')
        return self.literal(_CONTROLS.get(c, c))

    def reference(self, number):
        if number > self.count:
            self.fail(f'invalid group reference {number}')

        def step(text, at, groups):
            span = groups.get(number)
            if span is None:
                return None
            piece = text[span[0]:span[1]]
            return at + len(piece) if text.startswith(piece, at) else None
        return _Simple(step)

    def member(self):
        c = self.pattern[self.at]
        self.at += 1
        if c != '\\' or self.at >= len(self.pattern):
            return c, None
        c = self.pattern[self.at]
        self.at += 1
        return _CONTROLS.get(c, '\b' if c == 'b' else c), _CLASSES.get(c)

    def characters(self):
        negated = self.take('^')
        tests = []
        first = True
        while first or not self.peek(']'):
            if self.at >= len(self.pattern):
                self.fail('unterminated character set')
            first = False
            low, test = self.member()
            high = low
            if test is None and self.peek('-') and not self.peek('-]') and self.at + 1 < len(self.pattern):
                self.at += 1
                high, _ = self.member()
                if high < low:
                    self.fail(f'bad character range {low}-{high}')
            tests.append(test or (lambda c, low=low, high=high: low <= c <= high))
        self.at += 1
        if self.flags & I:
            return lambda c: any(test(c.lower()) or test(c.upper()) for test in tests) != negated
        return lambda c: any(test(c) for test in tests) != negated

    def group(self):
        if self.take('?:'):
            return self.closed(self.choice())
        for opening, ahead, wanted in (('?=', True, True), ('?!', True, False), ('?<=', False, True), ('?<!', False, False)):
            if self.take(opening):
                return self.around(self.closed(self.choice()), ahead, wanted)
        if self.take('?P='):
            name = self.until(')')
            if name not in self.names:
                self.fail(f'unknown group name {name!r}')
            return self.reference(self.names[name])
        if self.take('?P<'):
            name = self.until('>')
            self.names[name] = self.count + 1
        elif self.take('?#'):
            self.until(')')
            return None
        elif self.take('?'):
            letters = self.until(')')
            if not letters or any(letter not in _FLAGS for letter in letters):
                self.fail('unknown extension')
            for letter in letters:
                self.flags |= _FLAGS[letter]
            return None
        self.count += 1
        number = self.count
        return _Group(number, self.closed(self.choice()))

    def closed(self, body):
        if not self.take(')'):
            self.fail('missing ), unterminated subpattern')
        return body

    def around(self, body, ahead, wanted):
        def step(text, at, groups):
            if ahead:
                found = body.match(text, at, groups, lambda end: end) is not None
            else:
                found = any(body.match(text, start, groups, lambda end: end if end == at else None) is not None
                            for start in range(at, -1, -1))
            return at if found == wanted else None
        return _Simple(step)
)py"};

}  // namespace scriptc::python
