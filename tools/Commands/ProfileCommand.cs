using System.CommandLine;
using System.Text.Json;
using DePin.Tools.Hardware;

namespace DePin.Tools.Commands;

/// <summary>depin profile: what follows from a hardware profile.</summary>
internal static class ProfileCommand
{
    private static readonly Argument<string> Name = new("name") { Description = "Name of the profile, such as lamp-small" };
    private static readonly Option<bool> CSharp = new("--csharp") { Description = "The constants of the firmware, for firmware/esp32/BoardProfile.cs" };
    private static readonly Option<bool> Wiring = new("--wiring") { Description = "The wiring as an SVG, for hardware/wiring/NAME.svg" };
    private static readonly Option<string> Folder = new("--profiles") { Description = "Folder of the profiles", DefaultValueFactory = _ => Path.Combine(Repository.Root, "hardware", "profiles"), HelpName = "FOLDER" };

    public static Command Create()
    {
        var command = new TaughtCommand(
            "profile",
            "Writes what follows from a hardware profile: the firmware's constants, or the wiring.",
            "Examples:\n  tools/depin profile lamp-small --csharp > firmware/esp32/BoardProfile.cs\n  tools/depin profile airnode --wiring > hardware/wiring/airnode.svg")
        {
            Name, CSharp, Wiring, Folder,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        if (parsed.GetValue(CSharp) == parsed.GetValue(Wiring))
        {
            throw CommandException.WrongInput("Say one of --csharp and --wiring.");
        }

        string name = parsed.GetValue(Name)!;
        string folder = parsed.GetValue(Folder)!;
        string path = Path.Combine(folder, name + ".json");
        if (!File.Exists(path))
        {
            string[] known = Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)] : [];
            throw CommandException.WrongInput($"There is no profile '{name}' in {folder}; there are {(known.Length == 0 ? "none" : string.Join(", ", known))}.");
        }

        try
        {
            using var profile = JsonDocument.Parse(File.ReadAllText(path));
            parsed.InvocationConfiguration.Output.Write(parsed.GetValue(CSharp) ? BoardFile.Write(profile.RootElement) : WiringPicture.Draw(profile.RootElement));
            return 0;
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw CommandException.WrongInput($"{path} is no whole profile ({problem.Message}); hardware/profile.schema.json says what belongs in it.");
        }
    }
}
