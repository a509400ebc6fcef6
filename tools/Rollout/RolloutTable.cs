using System.Globalization;
using System.Text.Json.Nodes;

namespace DePin.Tools.Rollout;

/// <summary>A rollout as lines of text: where it stands, each wave, how attempts failed, and what its gate says.</summary>
internal static class RolloutTable
{
    private const int SecondsPerMinute = 60;

    /// <summary>The lines, from an answer of GET /api/rollouts/{id}.</summary>
    public static IEnumerable<string> Lines(JsonNode rollout)
    {
        JsonNode? release = rollout["release"];
        yield return $"rollout {rollout["id"]}  {rollout["name"]}: {State(rollout)}{(rollout["reason"] is { } reason ? $", {reason}" : "")}";
        yield return release is null ? "release    none yet" : $"release    {release["name"]}, build {release["build"]}, firmware {release["firmware"]}, id {release["id"]}{(release["recalledUnixMilliseconds"] is null ? "" : ", RECALLED")}";
        yield return $"people     planned by {rollout["madeBy"]}, {(rollout["approvedBy"] is { } by ? $"approved by {by}" : "not approved yet")}";
        yield return $"nodes      {rollout["members"]} taken in, {rollout["matching"]} more match{(Number(rollout["heldBack"]) > 0 ? $", {rollout["heldBack"]} of them held back until the last gate passed" : "")}";
        JsonArray waves = rollout["waves"]?.AsArray() ?? [];
        if (waves.Count > 0)
        {
            yield return "wave      size pending offered loading waiting trial confirmed failed silent  sent KiB";
        }

        foreach (JsonNode? wave in waves)
        {
            JsonNode nodes = wave!["nodes"]!;
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{Name(wave),-8} {Number(wave["size"]),5} {Number(nodes["pending"]),7} {Number(nodes["offered"]) + Number(nodes["accepted"]),7} {Number(nodes["downloading"]),7} {Number(nodes["verified"]) + Number(nodes["waiting"]),7} {Number(nodes["trial"]),5} {Number(nodes["confirmed"]),9} {Number(wave["failed"]),6} {Number(wave["silent"]),6} {Number(wave["sentBytes"]) / 1024,9}");
        }

        foreach (string line in waves.SelectMany(wave => Details(wave!)))
        {
            yield return line;
        }
    }

    /// <summary>Whether it goes no further by itself.</summary>
    public static bool IsAtRest(JsonNode rollout) => State(rollout) is "done" or "paused" or "stopped";

    /// <summary>Its state, in lower case.</summary>
    public static string State(JsonNode rollout) => ((string)rollout["state"]!).ToLowerInvariant();

    private static IEnumerable<string> Details(JsonNode wave)
    {
        foreach (JsonNode? end in wave["failedAttempts"]?.AsArray() ?? [])
        {
            yield return $"{Name(wave),-8} {end!["state"]} for {end["reason"]}: {end["attempts"]} attempts of {end["nodes"]} nodes";
        }

        if (wave["passedUnixMilliseconds"] is not null)
        {
            yield break;
        }

        foreach (JsonNode? figure in wave["gate"]?["figures"]?.AsArray() ?? [])
        {
            yield return $"{Name(wave),-8} gate {((string)figure!["outcome"]!).ToLowerInvariant(),-6}  {figure["name"]}: {figure["value"]} ({figure["rule"]})";
        }

        if (wave["time"]?["secondsTo90"] is { } most)
        {
            yield return $"{Name(wave),-8} nine of ten after {Number(most) / SecondsPerMinute} min{(wave["time"]!["isForecast"] is { } isForecast && (bool)isForecast ? ", as it looks now" : "")}";
        }
    }

    private static string Name(JsonNode wave) => Number(wave["wave"]) == 0 ? "canary" : wave["isHeldBack"] is { } isHeldBack && (bool)isHeldBack ? "the rest" : $"wave {wave["wave"]}";

    private static long Number(JsonNode? number) => number is null ? 0 : (long)number;
}
