using System.CommandLine;
using System.Text.Json;
using DePin.Contracts.Updates;
using DePin.Host;
using DePin.Tools.Release;

namespace DePin.Tools.Commands;

/// <summary>depin release verify: what a release is, whether it is right, and who would take it.</summary>
internal static class ReleaseVerifyCommand
{
    private static readonly Argument<string> FileName = new("file") { Description = "A .release, or a rotation of keys" };
    private static readonly Option<string?> Bundle = CommonOptions.ExistingFile("--bundle", "The bundle; the one beside a .release is found without it");
    private static readonly Option<string[]> Keys = new("--keys") { Description = "Public keys that a node trusts, one of 66 hex digits a line; more than one file may be named", HelpName = "FILE" };
    private static readonly Option<string?> Product = new("--product") { Description = "Asks for a node with this product", HelpName = "NAME" };
    private static readonly Option<string?> ProfileName = new("--profile") { Description = "Asks for a node of this hardware profile", HelpName = "NAME" };
    private static readonly Option<int?> Build = CommonOptions.Number("--running-build", "Asks for a node that runs this build", 0, int.MaxValue);
    private static readonly Option<int?> Security = CommonOptions.Number("--running-security", "Asks for a node that confirmed this security number", 0, int.MaxValue);
    private static readonly Option<int?> Loader = CommonOptions.Number("--loader", "Asks for a node with this version of the loader", 0, int.MaxValue);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints one JSON object");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "verify",
            "Says what a release is, whose signatures it has and whether they are right, whether its bundle is whole, and which nodes take it and why others do not.",
            "Exit code 0: right; 1: wrong, nobody takes it; 3: right, and the node that was asked for refuses it.\n\n"
            + "Examples:\n  tools/depin release verify releases/1.4.0.release --keys release-keys\n"
            + "  tools/depin release verify releases/1.4.0.release --keys release-keys --profile lamp-small --running-build 41 --running-security 3 --loader 1 --json")
        {
            FileName, Bundle, Keys, Product, ProfileName, Build, Security, Loader, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>The bundle that was named, or lies beside the release; null where there is none.</summary>
    public static string? BundleOf(string? named, string releaseFile)
    {
        string stem = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(releaseFile))!, Path.GetFileNameWithoutExtension(releaseFile));
        return named ?? ((string[])[stem + ".pe", stem + ".dll"]).FirstOrDefault(File.Exists);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(FileName)!;
        SigningFile file = SigningFile.Read(path).NoChange(path);
        string? bundle = file.Manifest is null ? null : BundleOf(parsed.GetValue(Bundle), path);
        byte[]? bytes = bundle is null ? null : BundleFile.Bounded(bundle, UpdateLimits.BundleBytes, "a bundle");
        ReleaseReport report = ReleaseReport.Of(file, bytes, PublicKeys.Read(parsed.GetValue(Keys) ?? []), Asked(parsed));
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(report.ToJson(), JsonSerializerOptions.Web));
            return report.ExitCode;
        }

        foreach (string line in report.Lines())
        {
            await output.WriteLineAsync(line);
        }

        if (bundle is null && file.Manifest is not null)
        {
            await output.WriteLineAsync("file        not looked at: name it with --bundle");
        }

        return report.ExitCode;
    }

    private static NodeFacts Asked(ParseResult parsed)
    {
        long? profile = null;
        if (parsed.GetValue(ProfileName) is { } name)
        {
            profile = Profile.All.FirstOrDefault(profile => profile.Name == name)?.Number ?? throw CommandException.WrongInput($"There is no hardware profile '{name}'.");
        }

        return new NodeFacts(parsed.GetValue(Product), profile, parsed.GetValue(Build), parsed.GetValue(Security), parsed.GetValue(Loader));
    }
}
