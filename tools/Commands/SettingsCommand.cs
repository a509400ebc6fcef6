using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Moving;
using DePin.Tools.Api;
using DePin.Tools.Release;

namespace DePin.Tools.Commands;

/// <summary>depin settings: changes of where nodes belong, for two holders of release keys to sign.</summary>
internal static class SettingsCommand
{
    private static readonly Option<int?> Version = CommonOptions.Number("--version", "Number of the change, above all before; a node takes each once", 1, int.MaxValue);
    private static readonly Option<string> OutFile = new("--out") { Description = "File to write", HelpName = "FILE", Required = true };
    private static readonly Argument<string> FileName = new("file") { Description = "A change of settings" };
    private static readonly Option<string[]> Keys = new("--keys") { Description = "Public keys that the nodes trust, one of 66 hex digits a line; more than one file may be named", HelpName = "FILE" };
    private static readonly Option<string[]> Nodes = new("--node") { Description = "Id of a node that gets it; up to 1000 of them", HelpName = "ID", Required = true, AllowMultipleArgumentsPerToken = true };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints one JSON object");

    public static Command Create() => new(
        "settings",
        "Moves nodes to another gateway, other trust anchors or other Wi-Fi networks, by a message that two release keys sign offline. A node tries it for 24 hours and comes back without a login.")
    {
        Make(), Verify(), Send(),
    };

    private static TaughtCommand Make()
    {
        var command = new TaughtCommand(
            "make",
            "Writes a change for two people to sign, each with 'release sign'. Without --wifi nodes keep the networks they have: then one change serves villages with different networks.",
            "The passwords of networks stand in the file as they are.\n\nExample:\n  tools/depin settings make --version 1 --gateway new.example:8883 --trust-anchor new-ca.pem --out move-1.settings\n"
            + "  tools/depin release sign move-1.settings --key amina.key      # and juma.key, elsewhere\n  tools/depin settings send move-1.settings --node NODEID NODEID")
        {
            Version, FlashArguments.Gateway, FlashArguments.Anchors, FlashArguments.Wifi, FlashArguments.WifiFile, OutFile, Json,
        };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(Version) is not { } version)
            {
                throw CommandException.WrongInput("Say with --version which change it is; the first is 1.");
            }

            var change = new SettingsChange { Version = version, Way = FlashArguments.WayOf(parsed) };
            byte[] payload = change.Encode();
            if (SettingsChange.Decode(payload, 0, payload.Length, out DecodeError error) is null)
            {
                throw CommandException.WrongInput($"This is more than a change may hold ({error}): {payload.Length} of {SettingsChange.MaxBytes} bytes. One trust anchor with a P-256 key has about 450.");
            }

            string path = parsed.GetValue(OutFile)!;
            if (File.Exists(path))
            {
                throw CommandException.WrongInput($"{path} is there already. Nothing was made.");
            }

            SigningFile.Write(path, SigningFile.Unsigned(payload));
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? JsonSerializer.Serialize(new { file = path, version, bytes = payload.Length }, JsonSerializerOptions.Web)
                : $"{path}: change {version}, {Words(change)}. Two holders of release keys sign it with 'tools/depin release sign {path} --key ...'.");
            return 0;
        });
        return command;
    }

    private static TaughtCommand Verify()
    {
        var command = new TaughtCommand(
            "verify",
            "Says what a change would do and whose signatures it has; with --keys also whether two of those are right. No password of a network is shown.",
            "Exit code 0: two of the keys signed it, or it was not asked; 1: they did not.\n\nExample:\n  tools/depin settings verify move-1.settings --keys release-keys")
        {
            FileName, Keys, Json,
        };
        command.SetAction(async (parsed, _) =>
        {
            SigningFile file = Read(parsed);
            IReadOnlyList<byte[]> keys = PublicKeys.Read(parsed.GetValue(Keys) ?? []);
            int right = keys.Sum(key => Enumerable.Range(0, file.Message.Signatures).Count(i => file.Message.IsBy(i, ReleaseKey.IdOf(key)) && PublicKeys.Verifies(key, file.Message, i, SettingsChange.Context)));
            bool isTaken = keys.Count == 0 || right >= 2;
            string[] signers = [.. Enumerable.Range(0, file.Message.Signatures).Select(i => Convert.ToHexStringLower(file.Message.CopyKeyId(i)))];
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? JsonSerializer.Serialize(
                    new
                    {
                        version = file.Change!.Version,
                        gateway = $"{file.Change.Way.Host}:{file.Change.Way.Port}",
                        networks = file.Change.Way.NetworkNames.Select(Encoding.UTF8.GetString),
                        anchors = file.Change.Way.Anchors.Select(anchor => Convert.ToHexStringLower(SHA256.HashData(anchor))),
                        signers,
                        right = keys.Count == 0 ? (int?)null : right,
                    },
                    JsonSerializerOptions.Web)
                : $"Change {file.Change!.Version}: {Words(file.Change)}. Signed by {(signers.Length == 0 ? "nobody" : string.Join(", ", signers))}."
                    + (keys.Count == 0 ? "" : isTaken ? $" {right} of the keys signed it: nodes that trust them take it." : $" {right} of the keys signed it; nodes want two."));
            return isTaken ? 0 : 1;
        });
        return command;
    }

    private static TaughtCommand Send()
    {
        var command = new TaughtCommand(
            "send",
            "Gives a signed change to the backend, which hands it to these nodes as they log in, until each has said how it ended. Only a manager may.",
            "How it goes stands under GET /api/settings-changes/VERSION.\n\nExample:\n  tools/depin settings send move-1.settings --node KX4M7Q2P9ABCDEFG")
        {
            FileName, Nodes, Json,
        };
        ApiOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            SigningFile file = Read(parsed);
            if (!file.HasEnough)
            {
                throw CommandException.WrongInput($"It has {file.Message.Signatures} of at least 2 signatures. Nothing was sent.");
            }

            using FleetApi api = ApiOptions.Open(parsed);
            JsonNode answer = await api.PostAsync("api/settings-changes", new { message = Convert.ToBase64String(file.Message.Message), nodes = parsed.GetValue(Nodes)! }, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? answer.ToJsonString()
                : $"Change {file.Change!.Version} is with the backend for {answer["nodes"]} nodes; they get it as they log in.");
            return 0;
        });
        return command;
    }

    private static SigningFile Read(ParseResult parsed)
    {
        string path = parsed.GetValue(FileName)!;
        SigningFile file = SigningFile.Read(path);
        return file.Change is not null ? file : throw CommandException.WrongInput($"{path} is a {file.Kind}, no change of settings.");
    }

    private static string Words(SettingsChange change)
    {
        NodeSettings way = change.Way;
        string networks = way.NetworkNames.Length == 0 ? "networks as they are" : "networks " + string.Join(", ", way.NetworkNames.Select(Encoding.UTF8.GetString));
        return $"gateway {way.Host}:{way.Port}, {networks}, {way.Anchors.Length} trust anchor{(way.Anchors.Length == 1 ? "" : "s")} {string.Join(", ", way.Anchors.Select(anchor => Convert.ToHexStringLower(SHA256.HashData(anchor))[..16]))}";
    }
}
