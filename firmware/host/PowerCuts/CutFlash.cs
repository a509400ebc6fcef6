using System.Collections.Immutable;
using DePin.Node.Outbox;

namespace DePin.Host.PowerCuts;

/// <summary>
/// Files as littlefs keeps them: a file's content is what was last closed. Before every change it tells what a power cut at any
/// byte of it could leave behind.
/// </summary>
internal sealed class CutFlash(ImmutableSortedDictionary<string, byte[]> files, Action<FlashChange> changing) : IFlash
{
    public static readonly ImmutableSortedDictionary<string, byte[]> Empty = ImmutableSortedDictionary.Create<string, byte[]>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, byte[]> Files { get; private set; } = files;

    public byte[]? Read(string name) => Files.TryGetValue(name, out byte[]? content) ? [.. content] : null;

    public void Write(string name, byte[] content)
    {
        ImmutableSortedDictionary<string, byte[]> after = Files.SetItem(name, [.. content]);

        // An old file stays as it was until it is closed; a new one may be missing, or there and empty.
        Change(new FlashChange(Files, after, Files.ContainsKey(name) ? [Files, after] : [Files, Files.SetItem(name, []), after]));
    }

    public void Delete(string name)
    {
        ImmutableSortedDictionary<string, byte[]> after = Files.Remove(name);
        Change(new FlashChange(Files, after, Files.ContainsKey(name) ? [Files, after] : [Files]));
    }

    public string[] List() => [.. Files.Keys];

    private void Change(FlashChange change)
    {
        changing(change);
        Files = change.After;
    }
}

/// <summary>One write or deletion, and every content of the flash that a power cut in the middle of it can leave.</summary>
internal sealed record FlashChange(
    ImmutableSortedDictionary<string, byte[]> Before,
    ImmutableSortedDictionary<string, byte[]> After,
    IReadOnlyList<ImmutableSortedDictionary<string, byte[]>> Outcomes);
