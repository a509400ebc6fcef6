using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DePin.Fleet;

/// <summary>Makes <see cref="FleetSettings"/> of the command line and the file it names; strict, so that a slip of the pen is not silently a default.</summary>
public static class SettingsReader
{
    private const int MaxFileBytes = 1024 * 1024;

    private const string Usage =
        "fleet-backend [--settings FILE.json] [--data DIR] [--http-port N] [--mqtt-tls-port N] [--mqtt-plain-port N (-1 = none)] [--clock FILE]";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The settings that these arguments and their file ask for.</summary>
    /// <exception cref="StartRefusedException">An option, the file, a key or a value is wrong; the message says which.</exception>
    public static FleetSettings Read(string[] arguments)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < arguments.Length; i++)
        {
            (string name, string? value) = Split(arguments[i]);
            if (name is not ("--settings" or "--data" or "--http-port" or "--mqtt-tls-port" or "--mqtt-plain-port" or "--clock"))
            {
                throw new StartRefusedException($"Unknown option '{name}'. Usage: {Usage}");
            }

            value ??= i + 1 < arguments.Length ? arguments[++i] : throw new StartRefusedException($"{name} needs a value. Usage: {Usage}");
            if (!given.TryAdd(name, value))
            {
                throw new StartRefusedException($"{name} is given twice.");
            }
        }

        FleetSettings settings = given.TryGetValue("--settings", out string? file) ? ReadFile(file) : new FleetSettings();
        return (settings with
        {
            DataFolder = given.GetValueOrDefault("--data", settings.DataFolder),
            HttpPort = Number(given, "--http-port", settings.HttpPort),
            MqttTlsPort = Number(given, "--mqtt-tls-port", settings.MqttTlsPort),
            MqttPlainPort = Number(given, "--mqtt-plain-port", settings.MqttPlainPort),
            ClockFile = given.TryGetValue("--clock", out string? clock) ? clock : settings.ClockFile,
        }).Checked();
    }

    private static (string Name, string? Value) Split(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        return argument.StartsWith("--", StringComparison.Ordinal) && equals > 0 ? (argument[..equals], argument[(equals + 1)..]) : (argument, null);
    }

    private static int Number(Dictionary<string, string> given, string name, int otherwise)
    {
        if (!given.TryGetValue(name, out string? text))
        {
            return otherwise;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new StartRefusedException($"{name} is '{text}'; it must be a whole number.");
    }

    private static FleetSettings ReadFile(string path)
    {
        try
        {
            if (File.Exists(path) && new FileInfo(path).Length > MaxFileBytes)
            {
                throw new StartRefusedException($"The settings file {path} is over 1 MiB; that is not a settings file.");
            }

            return JsonSerializer.Deserialize<FleetSettings>(File.ReadAllBytes(path), Options)
                ?? throw new StartRefusedException($"The settings file {path} holds null instead of an object.");
        }
        catch (JsonException problem)
        {
            throw new StartRefusedException($"The settings file {path} is wrong {Where(problem)}: {What(problem)}", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StartRefusedException($"The settings file {path} cannot be read: {problem.Message}", problem);
        }
    }

    private static string Where(JsonException problem)
    {
        string line = problem.LineNumber is { } number ? $" in line {number + 1}" : "";
        return problem.Path is { Length: > 2 } path ? $"at {path[2..]}{line}" : $"at its top{line}";
    }

    private static string What(JsonException problem)
    {
        if (problem.Message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
        {
            return "there is no setting of this name.";
        }

        if (problem.Message.Contains("allow setting null", StringComparison.Ordinal))
        {
            return "null is not a value here; leave the setting out for its default.";
        }

        if (problem.Message.Contains("Duplicate property", StringComparison.Ordinal))
        {
            return "it is given twice.";
        }

        return problem.Message.Contains("could not be converted", StringComparison.Ordinal)
            ? "the value is not of the type this setting has."
            : $"it is not valid ({problem.Message.Split(" Path:", 2)[0].TrimEnd('.')}).";
    }
}
