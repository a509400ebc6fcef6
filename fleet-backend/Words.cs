using System.Collections.Frozen;
using System.Globalization;
using System.Resources;

namespace DePin.Fleet;

/// <summary>The words of one capability, in the language of the request; what a language lacks is said in English.</summary>
/// <param name="resource">Full name of the English file without its ending, such as DePin.Fleet.ShellWords.</param>
internal sealed class Words(string resource)
{
    private readonly ResourceManager _english = new(resource, typeof(Words).Assembly);

    private readonly FrozenDictionary<string, ResourceManager> _others = Language.All.Where(language => language != Language.English && Has($"{resource}.{language.Code}"))
        .ToFrozenDictionary(language => language.Code, language => new ResourceManager($"{resource}.{language.Code}", typeof(Words).Assembly), StringComparer.Ordinal);

    /// <summary>The words of this name.</summary>
    /// <exception cref="MissingManifestResourceException">There are none.</exception>
    public string Of(string name) => Find(name) ?? throw new MissingManifestResourceException($"{resource} has no '{name}'.");

    /// <summary>The words of this name, or null where there are none.</summary>
    public string? Find(string name) => Find(name, Language.Present);

    /// <summary>The same in a language, whoever asks.</summary>
    public string? Find(string name, Language language) =>
        (_others.TryGetValue(language.Code, out ResourceManager? other) ? other.GetString(name, CultureInfo.InvariantCulture) : null) ?? _english.GetString(name, CultureInfo.InvariantCulture);

    /// <summary>The words of this name with figures or names in their places; numbers as the language writes them.</summary>
    public string Of(string name, params object?[] values) => string.Format(Language.Present.Numbers, Of(name), values);

    private static bool Has(string resource) => typeof(Words).Assembly.GetManifestResourceInfo(resource + ".resources") is not null;
}
