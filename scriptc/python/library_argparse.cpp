#include "scriptc/python/library.h"

namespace scriptc::python {

// There is no command line here: parse_args() gives the defaults, unless it is handed a list of words.
const LibraryFile kArgparseLibrary = {"argparse", R"py(
SUPPRESS = '==SUPPRESS=='
OPTIONAL, ZERO_OR_MORE, ONE_OR_MORE, REMAINDER = '?', '*', '+', '...'


class ArgumentError(Exception):
    pass


class ArgumentTypeError(Exception):
    pass


class HelpFormatter:
    def __init__(self, *args, **kwargs):
        pass


class ArgumentDefaultsHelpFormatter(HelpFormatter):
    pass


class RawTextHelpFormatter(HelpFormatter):
    pass


class RawDescriptionHelpFormatter(HelpFormatter):
    pass


class Namespace:
    def __init__(self, **kwargs):
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __eq__(self, other):
        return isinstance(other, Namespace) and vars(self) == vars(other)

    def __contains__(self, name):
        return name in self.__dict__

    def __repr__(self):
        return 'Namespace(' + ', '.join(f'{name}={value!r}' for name, value in vars(self).items()) + ')'


class Action:
    def __init__(self, option_strings, dest, nargs=None, const=None, default=None, type=None, choices=None,
                 required=False, help=None, metavar=None):
        self.option_strings, self.dest, self.nargs, self.const, self.default = option_strings, dest, nargs, const, default
        self.type, self.choices, self.required, self.help, self.metavar = type, choices, required, help, metavar


class BooleanOptionalAction(Action):
    def __init__(self, option_strings, dest, **kwargs):
        negative = ['--no-' + name[2:] for name in option_strings if name.startswith('--')]
        super().__init__(option_strings + negative, dest, nargs=0, **kwargs)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, not option_string.startswith('--no-'))


def _converted(action, text):
    value = action.type(text) if action.type is not None else text
    if action.choices is not None and value not in action.choices:
        raise ValueError(f'argument {action.dest}: invalid choice: {value!r} (choose from {list(action.choices)})')
    return value


class _Store(Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values)


class _StoreConst(Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, self.const)


class _Append(Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, list(getattr(namespace, self.dest) or []) + [values])


class _Count(Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, (getattr(namespace, self.dest) or 0) + 1)


class _Nothing(Action):
    def __call__(self, parser, namespace, values, option_string=None):
        pass


class _Group:
    def __init__(self, parser):
        self._parser = parser

    def add_argument(self, *names, **kwargs):
        return self._parser.add_argument(*names, **kwargs)

    def add_argument_group(self, *args, **kwargs):
        return self

    def add_mutually_exclusive_group(self, *args, **kwargs):
        return self

    def set_defaults(self, **kwargs):
        self._parser.set_defaults(**kwargs)


class ArgumentParser:
    def __init__(self, prog=None, usage=None, description=None, epilog=None, parents=(), formatter_class=None,
                 prefix_chars='-', fromfile_prefix_chars=None, argument_default=None, conflict_handler='error',
                 add_help=True, allow_abbrev=True, exit_on_error=True):
        self.prog, self.usage, self.description, self.epilog = prog, usage, description, epilog
        self.argument_default = argument_default
        self._actions = []
        self._defaults = {}
        for parent in parents:
            self._actions.extend(parent._actions)
            self._defaults.update(parent._defaults)

    def add_argument(self, *names, action='store', dest=None, default=None, nargs=None, version=None, **kwargs):
        options = [name for name in names if name.startswith('-')]
        if dest is None:
            long = [name for name in options if name.startswith('--')]
            dest = (long or options or list(names))[0].lstrip('-')
            if options:
                dest = dest.replace('-', '_')
        if default is None:
            default = self._defaults.get(dest, self.argument_default)
        kind = action
        if action in ('store_true', 'store_false'):
            kind, nargs = _StoreConst, 0
            kwargs['const'] = action == 'store_true'
            if default is None:
                default = action == 'store_false'
        elif action in ('store_const', 'append_const'):
            kind, nargs = _StoreConst, 0
        elif action == 'count':
            kind, nargs = _Count, 0
        elif action in ('help', 'version'):
            kind, nargs, default = _Nothing, 0, SUPPRESS
        elif action == 'append':
            kind = _Append
        elif action in ('store', 'extend'):
            kind = _Store
        if kind is not BooleanOptionalAction:
            kwargs['nargs'] = nargs
        made = kind(options, dest, default=default, **kwargs)
        self._actions.append(made)
        return made

    def add_argument_group(self, *args, **kwargs):
        return _Group(self)

    def add_mutually_exclusive_group(self, *args, **kwargs):
        return _Group(self)

    def set_defaults(self, **kwargs):
        self._defaults.update(kwargs)
        for action in self._actions:
            if action.dest in kwargs:
                action.default = kwargs[action.dest]

    def get_default(self, dest):
        for action in self._actions:
            if action.dest == dest and action.default is not None:
                return action.default
        return self._defaults.get(dest)

    def print_help(self, file=None):
        pass

    def print_usage(self, file=None):
        pass

    def format_help(self):
        return ''

    def error(self, message):
        raise SystemExit(message)

    def exit(self, status=0, message=None):
        raise SystemExit(status)

    def _taken(self, action, words):
        """How many of `words` an action takes."""
        free, options = 0, self._options()
        while free < len(words) and not (words[free].startswith('--') or words[free].partition('=')[0] in options):
            free += 1
        if action.nargs is None:
            return 1
        if action.nargs == '?':
            return min(free, 1)
        return free if action.nargs in ('*', '+', '...') else action.nargs

    def _options(self):
        return {name: action for action in self._actions for name in action.option_strings}

    def _give(self, action, words, namespace, option=None):
        values = [_converted(action, word) for word in words]
        if action.nargs is None:
            values = values[0]
        elif action.nargs == '?':
            values = values[0] if values else action.const
        action(self, namespace, values, option)

    def parse_known_args(self, args=None, namespace=None):
        namespace = Namespace() if namespace is None else namespace
        for action in self._actions:
            if action.default is not SUPPRESS and not hasattr(namespace, action.dest):
                default = action.default
                setattr(namespace, action.dest, _converted_default(action, default))
        for name, value in self._defaults.items():
            if not hasattr(namespace, name):
                setattr(namespace, name, value)
        words, rest, seen = list(args or []), [], []
        positional = [action for action in self._actions if not action.option_strings]
        while words:
            word = words.pop(0)
            name, equals, text = word.partition('=')
            action = self._options().get(word) or (self._options().get(name) if equals else None)
            if action is None and not word.startswith('-') and positional:
                action = positional.pop(0)
                words.insert(0, word)
                word = None
            if action is None:
                rest.append(word)
                continue
            if word is not None and equals and word not in self._options():
                given = [text]
            else:
                count = self._taken(action, words)
                given, words = words[:count], words[count:]
                if len(given) < count:
                    self.error(f'argument {word}: expected one argument')
            seen.append(action)
            self._give(action, given, namespace, word)
        missing = ['/'.join(action.option_strings) or action.dest for action in self._actions if action not in seen and
                   (action.required or (not action.option_strings and action.nargs not in ('?', '*', 0)))]
        if missing:
            self.error('the following arguments are required: ' + ', '.join(missing))
        return namespace, rest

    def parse_args(self, args=None, namespace=None):
        namespace, rest = self.parse_known_args(args, namespace)
        if rest:
            self.error('unrecognized arguments: ' + ' '.join(rest))
        return namespace


def _converted_default(action, default):
    # Only a default that is text goes through `type`.
    return action.type(default) if isinstance(default, str) and action.type is not None else default
)py",
                                      true};

}  // namespace scriptc::python
