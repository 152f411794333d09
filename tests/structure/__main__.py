"""Prints the counts of `tests.structure.counts`: `python -m tests.structure [fillers | nouns]`."""

import sys

from tests.structure import counts


def main() -> None:
    """Print the counts, or the places that somebody may want to rename."""
    match sys.argv[1:]:
        case ["fillers", *tops]:
            for top in tops or ("bench", "reports"):
                for place, name in counts.fillers(top):
                    print(place, name)
        case ["nouns", *tops]:
            for top in tops or ("bench", "reports"):
                for place, name in counts.public_functions(top):
                    if not counts.starts_with_a_verb(name):
                        print(place, name)
        case _:
            print_counts()


def print_counts() -> None:
    """Print every count on a line of its own."""
    folder, most = max(counts.entries_of_folders().items(), key=lambda item: item[1])
    print(f"fullest folder: {most} entries in {folder}")
    for package in ("bench.host", "reports"):
        print(f"levels of imports in {package}: {counts.levels_of(package)}")
    for top in ("bench", "reports"):
        print(f"public functions that start with a verb in {top}: {counts.share_of_verbs(top):.0%}")
        print(f"locals with a filler's name in {top}: {len(list(counts.fillers(top)))}")
    for name, files in counts.classes_with_one_name().items():
        print(f"several classes are called {name}: {', '.join(files)}")
    print(f"lines of production code: {counts.production_lines():,}")


main()
