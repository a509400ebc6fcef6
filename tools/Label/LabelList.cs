using System.Text.Json;
using System.Text.Json.Serialization;

namespace DePin.Tools.Label;

/// <summary>Many labels from one JSON array of {nodeId, claim, profile}.</summary>
internal static class LabelList
{
    /// <summary>As many as a workshop flashes in a month; a longer list is a mistake.</summary>
    private const int MostLabels = 10_000;

    private const int MostCharacters = 2_000_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private sealed record Entry(string NodeId, string Claim, string Profile);

    /// <summary>Reads a file, or standard input for "-".</summary>
    /// <exception cref="CommandException">It is no such list; the sentence never repeats a claim.</exception>
    public static IReadOnlyList<UnitLabel> Read(string from, TextReader input, string host)
    {
        string source = from == "-" ? "standard input" : from;
        Entry[] entries = Parse(from, source, input);
        UnitLabel[] labels = [.. entries.Select(entry => UnitLabel.Read(entry.NodeId, entry.Claim, host, entry.Profile))];
        UnitLabel? twice = labels.GroupBy(label => label.Node).FirstOrDefault(group => group.Skip(1).Any())?.First();
        return twice is null
            ? labels
            : throw CommandException.WrongInput($"{source} names node {twice.Node.ToReadable()} twice; only one of its claims can be right. No label was made.");
    }

    private static Entry[] Parse(string from, string source, TextReader input)
    {
        try
        {
            using StreamReader? file = from == "-" ? null : File.OpenText(from);
            char[] text = new char[MostCharacters + 1];
            int length = (file ?? input).ReadBlock(text);
            if (length > MostCharacters)
            {
                throw new JsonException($"it is longer than {MostCharacters:N0} characters");
            }

            Entry[]? entries = JsonSerializer.Deserialize<Entry[]>(text.AsSpan(0, length), Json);
            return entries is { Length: >= 1 and <= MostLabels } && Array.TrueForAll(entries, entry => entry is not null) ? entries : throw new JsonException($"it holds no labels, or more than {MostLabels:N0}");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            throw CommandException.WrongInput($"{source} holds no labels ({problem.Message.TrimEnd('.')}): an array of {{\"nodeId\", \"claim\", \"profile\"}} is wanted. No label was made.");
        }
    }
}
