using System.CommandLine;
using System.Text.Json;
using DePin.Contracts.Cbor;
using DePin.Contracts.Updates;
using DePin.Host;
using DePin.Tools.Release;

namespace DePin.Tools.Commands;

/// <summary>depin release make: a bundle becomes a release that can be signed.</summary>
internal static class ReleaseMakeCommand
{
    private const long DefaultLifeSeconds = 180L * 86_400;

    private static readonly Argument<string> Bundle = new("bundle") { Description = "The .pe for boards, or the .NET assembly for virtual nodes" };
    private static readonly Option<string> Folder = new("--folder") { Description = "Folder of all releases of this product; what is in it says which names and builds were used", HelpName = "FOLDER", Required = true };
    private static readonly Option<string> Name = new("--release") { Description = "What people call it: 1 to 32 of A-Z, a-z, 0-9, dot and hyphen", HelpName = "NAME", Required = true };
    private static readonly Option<int?> Build = CommonOptions.Number("--build", "Number that rises from release to release", 1, int.MaxValue);
    private static readonly Option<int?> Security = CommonOptions.Number("--security", "Number that rises when a hole was closed; 0 unless given", 0, int.MaxValue);
    private static readonly Option<string> Product = new("--product") { Description = "What firmware it is, up to 16 characters", HelpName = "NAME", DefaultValueFactory = _ => "node" };
    private static readonly Option<string[]> Profiles = new("--profile") { Description = "Hardware profile that it is for, 1 to 8 times", HelpName = "NAME", Required = true };
    private static readonly Option<int?> Loader = CommonOptions.Number("--loader-min", "Lowest version of the loader; 0 unless given", 0, int.MaxValue);
    private static readonly Option<int?> Battery = CommonOptions.Number("--battery-min", "Charge below which no trial begins, permille; 300 unless given", 0, 1000);
    private static readonly Option<int?> ReturnsFrom = CommonOptions.Number("--returns-from", "For a return: the build that it returns from", 2, int.MaxValue);
    private static readonly Option<DateTimeOffset?> NotBefore = CommonOptions.Moment("--not-before", "When the first offer may be made; now unless given");
    private static readonly Option<DateTimeOffset?> Expires = CommonOptions.Moment("--expires", "When the last offer may be made; 180 days later unless given");
    private static readonly Option<bool> Json = CommonOptions.Json("Prints one JSON object");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "make",
            "Makes a release of a bundle: a copy of it and a manifest in a folder, to be signed by two people.",
            "A board goes on with the assembly that it has when another one of the same name comes, and says nothing: a name that was used before is refused.\n\n"
            + "Example:\n  tools/depin release make DePin.Node.B42.pe --folder releases --release 1.4.0 --build 42 --security 3 --profile lamp-small --profile airnode --loader-min 1")
        {
            Bundle, Folder, Name, Build, Security, Product, Profiles, Loader, Battery, ReturnsFrom, NotBefore, Expires, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        BundleFile bundle = BundleFile.Read(parsed.GetValue(Bundle)!);
        ReleaseManifest manifest = ManifestOf(parsed, bundle);
        var folder = new ReleaseFolder(parsed.GetValue(Folder)!);
        if (ReleaseFolder.Problem(manifest, folder.Former()) is { } problem)
        {
            throw CommandException.WrongInput($"{parsed.GetValue(Bundle)} cannot become release {manifest.Release}: {problem}. Nothing was made.");
        }

        (string release, string copy) = folder.Store(manifest, bundle);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
            ? JsonSerializer.Serialize(new { release, bundle = copy, assembly = bundle.Assembly, bytes = bundle.Bytes.Length, sha256 = Convert.ToHexStringLower(bundle.Sha256) }, JsonSerializerOptions.Web)
            : $"{release}: build {manifest.Build} of {bundle.Assembly}, {bundle.Bytes.Length} bytes in {manifest.Blocks} blocks. Two people sign it with 'tools/depin release sign {release} --key ...'.");
        return 0;
    }

    private static ReleaseManifest ManifestOf(ParseResult parsed, BundleFile bundle)
    {
        string name = parsed.GetValue(Name)!;
        if (name.Length is 0 or > ReleaseManifest.NameCharacters || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'))
        {
            throw CommandException.WrongInput($"--release takes 1 to {ReleaseManifest.NameCharacters} of A-Z, a-z, 0-9, dot and hyphen, not '{name}'.");
        }

        if (parsed.GetValue(Build) is not { } build)
        {
            throw CommandException.WrongInput("Say with --build which build it is.");
        }

        DateTimeOffset from = parsed.GetValue(NotBefore) ?? DateTimeOffset.UtcNow;
        var manifest = new ReleaseManifest
        {
            Release = name,
            Build = build,
            Security = parsed.GetValue(Security) ?? 0,
            Product = parsed.GetValue(Product)!,
            Profiles = [.. parsed.GetValue(Profiles)!.Select(NumberOf).Distinct().Order()],
            LoaderMin = parsed.GetValue(Loader) ?? 0,
            BundleBytes = bundle.Bytes.Length,
            BundleSha256 = bundle.Sha256,
            Assembly = bundle.Assembly,
            BatteryMinPermille = parsed.GetValue(Battery) ?? 300,
            NotBeforeUnixSeconds = from.ToUnixTimeSeconds(),
            ExpiresUnixSeconds = parsed.GetValue(Expires)?.ToUnixTimeSeconds() ?? from.ToUnixTimeSeconds() + DefaultLifeSeconds,
            ReturnsFrom = parsed.GetValue(ReturnsFrom) ?? 0,
        };
        byte[] bytes = manifest.Encode();
        return ReleaseManifest.Decode(bytes, 0, bytes.Length, out DecodeError error) ?? throw CommandException.WrongInput(
            $"This is no manifest in the form of FORMATS.md ({error}): an assembly's name of 1 to {ReleaseManifest.NameCharacters} ASCII characters ({bundle.Assembly}), a product of 1 to {ReleaseManifest.ProductCharacters}, 1 to {ReleaseManifest.MaxProfiles} profiles, an end after the beginning, and a return to a lower build. Nothing was made.");
    }

    private static long NumberOf(string profile)
    {
        try
        {
            return Profile.Named(profile).Number;
        }
        catch (ArgumentException problem)
        {
            throw CommandException.WrongInput(problem.Message.Split(" (Parameter", StringSplitOptions.None)[0]);
        }
    }
}
