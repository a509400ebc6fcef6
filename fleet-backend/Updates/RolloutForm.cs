using System.Globalization;
using DePin.Fleet.Overview;
using Microsoft.Extensions.Primitives;

namespace DePin.Fleet.Updates;

/// <summary>What the form of a new rollout holds, as it was filled in; from a query while it is counted, from a form when it is planned.</summary>
internal sealed class RolloutForm(IEnumerable<KeyValuePair<string, StringValues>> fields)
{
    private static readonly RolloutRequest Usual = new("", "");

    private readonly Dictionary<string, StringValues> _fields = new(fields, StringComparer.Ordinal);

    /// <summary>A field as filled in, else what is usual.</summary>
    public string this[string name] => _fields.TryGetValue(name, out StringValues given) ? given.ToString().Trim() : UsualOf(name);

    /// <summary>Whether one of several choices is taken; metering is looked at unless somebody says otherwise.</summary>
    public bool Has(string name, string value) => _fields.TryGetValue(name, out StringValues given) ? given.Contains(value) : name == "metering" && !_fields.ContainsKey("name");

    /// <summary>The request that it makes, or the first thing in it that cannot be read.</summary>
    public (RolloutRequest? Request, string? Problem) Read()
    {
        string? problem = null;
        int Number(string name)
        {
            bool isNumber = int.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            problem ??= isNumber ? null : UpdateWords.Of("Form.NoNumber", UpdateWords.Of($"Form.{name}"), this[name]);
            return number;
        }

        Area? area = this["area"].Length == 0 ? null : FleetFilter.AreaOf(this["area"]);
        problem ??= this["area"].Length > 0 && area is null ? UpdateWords.Of("Form.NoArea", this["area"]) : null;
        var waves = new List<WavePlan>();
        foreach (string part in Parts("waves"))
        {
            bool isPercent = part.EndsWith('%');
            if (int.TryParse(part.TrimEnd('%').Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int size))
            {
                waves.Add(isPercent ? new WavePlan(Percent: size) : new WavePlan(Nodes: size));
            }
            else
            {
                problem ??= UpdateWords.Of("Form.NoWave", part);
            }
        }

        var request = new RolloutRequest(
            this["name"],
            this["reason"],
            Null(this["release"]),
            new Target(Listed("profiles"), Listed("firmware"), area, List("operators"), List("builders"), List("agreements"), List("tags"), List("without")),
            new WavePlan(Nodes: Number("canary")),
            waves,
            new GateRules(Number("executed"), Number("failed"), Number("silent"), Number("silentHours"), Number("soak"), Has("metering", "on") ? new MeteringRules() : null),
            new RateRules(Number("offers"), Number("downloads")));
        return problem is null ? (request, null) : (null, problem);
    }

    private static string UsualOf(string name)
    {
        RolloutPlan plan = Usual.ToPlan();
        return name switch
        {
            "canary" => $"{plan.Canary.Nodes}",
            "waves" => string.Join(", ", plan.Waves.Select(wave => $"{wave.Percent} %")),
            "executed" => $"{plan.Gate.ExecutedPercent}",
            "failed" => $"{plan.Gate.FailedPercent}",
            "silent" => $"{plan.Gate.SilentPercent}",
            "silentHours" => $"{plan.Gate.SilentHours}",
            "soak" => $"{plan.Gate.SoakMinutes}",
            "offers" => $"{plan.Rate.OffersPerMinute}",
            "downloads" => $"{plan.Rate.ConcurrentDownloads}",
            _ => "",
        };
    }

    private string[] Parts(string name) => this[name].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private string[]? List(string name) => Parts(name) is { Length: > 0 } parts ? parts : null;

    // Ticked boxes, or the one entry of a choice.
    private string[]? Listed(string name) => _fields.TryGetValue(name, out StringValues given) && given.OfType<string>().Where(each => each.Length > 0).ToArray() is { Length: > 0 } all ? all : null;

    private static string? Null(string text) => text.Length == 0 ? null : text;
}
