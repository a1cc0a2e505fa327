"""Python about numbers that the demo model knows by heart.

For: data only: what a prompt says, and the code for it; ``{n}`` is a number of the prompt.
Not for: the choosing (`code`), texts, lists and files (`code_texts`).
"""

from __future__ import annotations

SOURCES: tuple[tuple[str, str], ...] = (
    (
        r"fizz[ -]?buzz",
        '''def fizzbuzz(last: int) -> list[str]:
    """Return the words for 1 to `last`: Fizz for threes, Buzz for fives, FizzBuzz for both."""
    return ["Fizz" * (n % 3 == 0) + "Buzz" * (n % 5 == 0) or str(n) for n in range(1, last + 1)]


print(*fizzbuzz({n}), sep="\\n")
''',
    ),
    (
        r"fibonacci",
        '''def fibonacci(count: int) -> list[int]:
    """Return the first `count` Fibonacci numbers."""
    numbers = []
    a, b = 0, 1
    for _ in range(count):
        numbers.append(a)
        a, b = b, a + b
    return numbers


print(fibonacci({n}))
''',
    ),
    (
        (
            r"is[ _]prime|prime check\w*|\b(?:check|test|tell|determine|verif|whether|"
            r"if|(?:menge)?cek|(?:me)?meriksa|periksa|"
            r"apakah|menguji)\w*\b.*\bprim[ae]\b"
        ),
        '''def is_prime(number: int) -> bool:
    """Say whether a number is prime."""
    if number < 2:
        return False
    return all(number % divisor for divisor in range(2, int(number**0.5) + 1))


for number in (1, 2, 9, 17, 91, 97):
    print(number, is_prime(number))
''',
    ),
    (
        r"\bprimes?\b|\bprima\b",
        '''def primes(limit: int) -> list[int]:
    """Return all primes up to `limit`, by the sieve of Eratosthenes."""
    is_prime = [True] * (limit + 1)
    is_prime[:2] = [False] * min(2, limit + 1)
    for number in range(2, int(limit**0.5) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = [False] * len(is_prime[number * number :: number])
    return [number for number, prime in enumerate(is_prime) if prime]


print(primes({n}))
''',
    ),
    (
        r"\bfactorials?\b|\bfaktorial\b",
        '''def factorial(number: int) -> int:
    """Return number! for a number of at least 0."""
    product = 1
    for factor in range(2, number + 1):
        product *= factor
    return product


print(factorial({n}))
''',
    ),
    (
        r"leap years?|kabisat",
        '''def is_leap(year: int) -> bool:
    """Say whether a year has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


for year in (1900, 2000, 2023, 2024):
    print(year, is_leap(year))
''',
    ),
    (
        r"celsius|fahrenheit",
        '''def to_fahrenheit(celsius: float) -> float:
    """Return a temperature in degrees Fahrenheit."""
    return celsius * 9 / 5 + 32


def to_celsius(fahrenheit: float) -> float:
    """Return a temperature in degrees Celsius."""
    return (fahrenheit - 32) * 5 / 9


print(to_fahrenheit(30), to_celsius(86))
''',
    ),
    (
        (
            r"\b(?:average|averages|averaging|averaged|rerata)\b|rata-?\s?rata|\b(?:the|arithmetic|calculates?|"
            r"computes?) mean\b|\bmean of\b"
        ),
        '''def average(numbers: list[float]) -> float:
    """Return the mean of a list that is not empty."""
    return sum(numbers) / len(numbers)


print(average([4, 8, 15, 16, 23, 42]))
''',
    ),
    (
        r"\b(?:even|odd) (?:or|and|numbers?|integers?)\b|\b(?:is|are) (?:even|odd)\b|\b(?:genap|ganjil)\b",
        '''def is_even(number: int) -> bool:
    """Say whether a number is even; one that is not is odd."""
    return number % 2 == 0


numbers = range(1, 11)
print("even:", [number for number in numbers if is_even(number)])
print("odd:", [number for number in numbers if not is_even(number)])
''',
    ),
    (
        (
            r"\b(?:largest|biggest|maximum|max|smallest|minimum|min|terbesar|terkecil|maksimum)\b"
            r"(?=.*\b(?:number|element|value|item|list|array|angka|bilangan|nilai|daftar|elemen)s?\b)"
        ),
        '''def smallest_and_largest(numbers: list[float]) -> tuple[float, float]:
    """Return the smallest and the largest number of a list that is not empty."""
    smallest = largest = numbers[0]
    for number in numbers[1:]:
        smallest = number if number < smallest else smallest
        largest = number if number > largest else largest
    return smallest, largest


print(smallest_and_largest([7, 3, 19, 4, 11]))
''',
    ),
    (
        (
            r"\badd(?:s|ing)? (?:two|2)|sum of (?:two|2)|menambahkan? (?:dua|2)|menjumlahkan (?:dua|2)|"
            r"jumlah (?:dua|2)|penjumlahan"
        ),
        '''def add(a: float, b: float) -> float:
    """Return the sum of two numbers."""
    return a + b


print(add(19, 23))
''',
    ),
    (
        r"\bsum(?:s|ming)?\b|\badd(?:s|ing)? up\b|\b(?:men)?jumlahkan\b|\btotal (?:of|dari)\b",
        '''def total(numbers: list[float]) -> float:
    """Return the sum of a list."""
    result = 0
    for number in numbers:
        result += number
    return result


print(total([12, 7, 5, 18]))
''',
    ),
    (
        r"python class\b|\bclass (?:for|that|to|called|named|in|with)\b|\bkelas (?:python|untuk)\b",
        '''from dataclasses import dataclass


@dataclass
class Account:
    """An account with a balance in rupiah."""

    owner: str
    balance: int = 0

    def deposit(self, amount: int) -> None:
        """Put money in."""
        self.balance += amount


account = Account("Sari")
account.deposit(50_000)
print(account)
''',
    ),
    (r"\b(?:hello|halo)\b", 'print("Hello from the demo model")\n'),
)
"""What a prompt says (a pattern, lower case), and the code, which runs as it stands; the first that matches counts."""
