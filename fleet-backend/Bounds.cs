namespace DePin.Fleet;

/// <summary>What is said of a value out of its bounds, the same for every field.</summary>
internal static class Bounds
{
    /// <summary>A whole number.</summary>
    public static Sentence Number(string name, long least, long most) => Sentence.Of($"{name} must be a number from {least} to {most}.");

    /// <summary>Words of people.</summary>
    public static Sentence Printable(string name, int most) => Sentence.Of($"{name} must have 1 to {most} printable characters.");

    /// <summary>One of a few.</summary>
    public static Sentence OneOf(string name, IEnumerable<string> choices)
    {
        string all = string.Join(", ", choices.Order(StringComparer.Ordinal));
        return Sentence.Of($"{name} must be one of {all}.");
    }
}
