namespace DePin.Fleet;

/// <summary>Why something from outside was not taken.</summary>
/// <param name="Name">The case in one word, for programs: never rename one.</param>
/// <param name="Sentence">What is wrong, and where it helps what to do.</param>
public sealed record Refused(string Name, Sentence Sentence)
{
    /// <summary>From an interpolated sentence.</summary>
    public Refused(string name, FormattableString sentence)
        : this(name, Sentence.Of(sentence))
    {
    }
}
