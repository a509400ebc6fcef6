using System.CommandLine;
using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Tools.Api;
using DePin.Tools.Release;

namespace DePin.Tools.Commands;

/// <summary>depin release publish: gives a signed release, or a rotation of keys, to the backend.</summary>
internal static class ReleasePublishCommand
{
    private static readonly Argument<string> FileName = new("file") { Description = "A .release or a rotation of keys with at least two signatures" };
    private static readonly Option<string?> Bundle = CommonOptions.ExistingFile("--bundle", "The bundle; the one beside a .release is found without it");
    private static readonly Option<bool> RecordRunning = new("--record-running") { Description = "With the first release: records the firmware that nodes run now, so that readings of it are not held" };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the backend's answer as it is");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "publish",
            "Uploads a release and its bundle, or a rotation of keys. No node gets a release by that: plan a rollout.",
            "A manager's token is needed; the token in the data folder, or --backend with --token-file.\n\n"
            + "Examples:\n  tools/depin release publish releases/1.4.0.release\n  tools/depin release publish keys-1.rotation --backend https://fleet.example --token-file token")
        {
            FileName, Bundle, RecordRunning, Json,
        };
        ApiOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(FileName)!;
        SigningFile file = SigningFile.Read(path).NoChange(path);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (!file.HasEnough)
        {
            throw CommandException.WrongInput($"{path} has {file.Message.Signatures} of at least 2 signatures. Nothing was sent.");
        }

        if (file.Rotation is { } rotation)
        {
            using FleetApi keyApi = ApiOptions.Open(parsed);
            JsonNode taken = await keyApi.PostBytesAsync("api/release-keys/rotation", file.Message.Message, cancellationToken);
            await output.WriteLineAsync(parsed.GetValue(Json) ? taken.ToJsonString() : $"Rotation {rotation.Version} counts from now on; nodes hear of it at their next login.");
            return 0;
        }

        string bundlePath = ReleaseVerifyCommand.BundleOf(parsed.GetValue(Bundle), path) ?? throw CommandException.WrongInput($"The bundle of {path} is not beside it; name it with --bundle. Nothing was sent.");
        byte[] bundle = BundleFile.Bounded(bundlePath, UpdateLimits.BundleBytes, "a bundle");
        ReleaseReport report = ReleaseReport.Of(file, bundle, [], new NodeFacts());
        if (report.Problems.Count > 0)
        {
            throw CommandException.WrongInput($"{string.Join(' ', report.Problems)} Nothing was sent.");
        }

        using FleetApi api = ApiOptions.Open(parsed);
        await api.PostBytesAsync($"api/artifacts?sha256={Convert.ToHexStringLower(report.Bundle!.Sha256)}", bundle, cancellationToken);
        JsonNode published = await api.PostBytesAsync(parsed.GetValue(RecordRunning) ? "api/releases?recordRunning=true" : "api/releases", file.Message.Message, cancellationToken);
        await output.WriteLineAsync(parsed.GetValue(Json)
            ? published.ToJsonString()
            : $"Release {file.Manifest!.Release} is published as {published["id"]}. Plan a rollout with 'tools/depin rollout create --release {published["id"]} ...'.");
        return 0;
    }
}
