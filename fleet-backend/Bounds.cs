namespace DePin.Fleet;

/// <summary>Whether a value from outside lies in its bounds; if not, what is said of it, the same for every field.</summary>
internal static class Bounds
{
    /// <summary>Characters of a reason, at most.</summary>
    public const int MostReasonLetters = 500;

    /// <summary>Why somebody does something.</summary>
    public static Sentence? Reason(string text) => Printable("reason", text, MostReasonLetters);

    /// <summary>Words of people.</summary>
    public static Sentence? Printable(string name, string text, int most) =>
        text.Length is 0 || text.Length > most || text.Any(char.IsControl) ? Sentence.Of($"{name} must have 1 to {most} printable characters.") : null;

    /// <summary>A whole number.</summary>
    public static Sentence? Number(string name, long number, long least, long most) =>
        number < least || number > most ? Sentence.Of($"{name} must be a number from {least} to {most}.") : null;

    /// <summary>What is said of a value that is none of a few.</summary>
    public static Sentence OneOf(string name, IEnumerable<string> choices)
    {
        string all = string.Join(", ", choices.Order(StringComparer.Ordinal));
        return Sentence.Of($"{name} must be one of {all}.");
    }
}
