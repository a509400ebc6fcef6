using System.CommandLine;
using System.Text.Json;
using DePin.Contracts.Updates;
using DePin.Tools.Release;

namespace DePin.Tools.Commands;

/// <summary>depin release: keys, and what two of them sign.</summary>
internal static class ReleaseCommand
{
    private static readonly Option<string?> PassphraseFile = CommonOptions.ExistingFile("--passphrase-file", "File whose first line is the key's passphrase; without it the passphrase is asked for");
    private static readonly Option<bool> Json = CommonOptions.Json("Prints one JSON object");

    public static Command Create() => new(
        "release",
        "Makes, signs, checks and publishes firmware releases. Two people with a key each sign one, on machines of their own and in any order; nodes take nothing else.")
    {
        Keys(), ReleaseMakeCommand.Create(), Sign(), ReleaseVerifyCommand.Create(), ReleasePublishCommand.Create(), Rotate(),
    };

    private static Command Keys()
    {
        var file = new Argument<string>("file") { Description = "File of the private key; the public one goes beside it, ending in .pub" };
        var command = new TaughtCommand(
            "keys",
            "Makes a release key or a root key: P-256 in encrypted PKCS#8, which only its owner reads.",
            "Keep two or three release keys with two or three people. Root keys only sign which keys those are: make three, and keep them apart and offline.\n\n"
            + "Examples:\n  tools/depin release keys amina.key\n  tools/depin release keys root-1.key --passphrase-file passphrase\n  cat *.pub > release-keys        # for tools/depin flash --release-keys, and the backend's settings")
        {
            file, PassphraseFile, Json,
        };
        command.SetAction(async (parsed, _) =>
        {
            string path = parsed.GetValue(file)!;
            if (File.Exists(path) || File.Exists(path + ".pub"))
            {
                throw CommandException.WrongInput($"{path} or {path}.pub is there already; no key is ever overwritten. Choose another name.");
            }

            using ReleaseKey key = ReleaseKey.Create();
            key.Save(path, Passphrase.Choose(parsed.GetValue(PassphraseFile), path));
            string publicKey = Convert.ToHexStringLower(key.PublicKey);
            await File.WriteAllTextAsync(path + ".pub", publicKey + "\n", CancellationToken.None);
            string id = Convert.ToHexStringLower(key.KeyId);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? JsonSerializer.Serialize(new { file = path, publicKey, keyId = id }, JsonSerializerOptions.Web)
                : $"{path}: key {id}. Its public half is in {path}.pub; the private one opens with its passphrase alone, and nobody can bring either back.");
            return 0;
        });
        return command;
    }

    private static Command Sign()
    {
        var file = new Argument<string>("file") { Description = "A .release, a rotation of keys, or a change of settings" };
        var keyFile = new Option<string>("--key") { Description = "File of the private key", HelpName = "FILE", Required = true };
        var command = new TaughtCommand(
            "sign",
            "Adds one signature to a release or to a rotation of keys. The file travels: the second person signs it on another machine.",
            "Look at what you sign first: tools/depin release verify FILE --bundle BUNDLE.\n\nExample:\n  tools/depin release sign releases/1.4.0.release --key amina.key")
        {
            file, keyFile, PassphraseFile, Json,
        };
        command.SetAction(async (parsed, _) =>
        {
            string path = parsed.GetValue(file)!;
            SigningFile signing = SigningFile.Read(path);
            string keyPath = parsed.GetValue(keyFile)!;
            using ReleaseKey key = ReleaseKey.Load(keyPath, Passphrase.Read(parsed.GetValue(PassphraseFile), keyPath));
            byte[] signed = signing.SignedBy(key);
            SigningFile.Write(path, signed);
            int signatures = signing.Message.Signatures + 1;
            string id = Convert.ToHexStringLower(key.KeyId);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? JsonSerializer.Serialize(new { file = path, keyId = id, signatures }, JsonSerializerOptions.Web)
                : $"{path}: signed by key {id}; {signatures} of at least 2 signatures. {(signatures < 2 ? "Give it to the next person to sign." : signing.Change is not null ? "Send it with 'tools/depin settings send'." : signing.Manifest is not null ? "Publish it with 'tools/depin release publish'." : "Publish it with 'tools/depin release publish'; nodes get it from the backend.")}");
            return 0;
        });
        return command;
    }

    private static Command Rotate()
    {
        var version = CommonOptions.Number("--version", "Number of the rotation, above the last one's; flashing is 0", 1, int.MaxValue);
        var keys = new Option<string[]>("--release-key") { Description = ".pub of a key that signs releases from then on, 2 to 5 times", HelpName = "FILE", Required = true };
        var outFile = new Option<string>("--out") { Description = "File to write", HelpName = "FILE", Required = true };
        var command = new TaughtCommand(
            "rotate",
            "Says which keys sign releases from now on. Two of the root keys sign that, each with 'release sign', before it is published.",
            "Example:\n  tools/depin release rotate --version 1 --release-key amina.key.pub --release-key juma.key.pub --out keys-1.rotation\n"
            + "  tools/depin release sign keys-1.rotation --key root-1.key      # and root-2.key, elsewhere")
        {
            version, keys, outFile, Json,
        };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(version) is not { } number)
            {
                throw CommandException.WrongInput("Say with --version which rotation it is; the first is 1.");
            }

            IReadOnlyList<byte[]> named = PublicKeys.Read(parsed.GetValue(keys)!);
            if (named.Count is < KeyRotation.KeysMin or > KeyRotation.KeysMax)
            {
                throw CommandException.WrongInput($"These are {named.Count} keys; a rotation names {KeyRotation.KeysMin} to {KeyRotation.KeysMax} different ones.");
            }

            string path = parsed.GetValue(outFile)!;
            if (File.Exists(path))
            {
                throw CommandException.WrongInput($"{path} is there already. Nothing was made.");
            }

            SigningFile.Write(path, SigningFile.Unsigned(new KeyRotation(number, [.. named]).Encode()));
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? JsonSerializer.Serialize(new { file = path, version = number, keys = named.Select(Convert.ToHexStringLower) }, JsonSerializerOptions.Web)
                : $"{path}: rotation {number} to {named.Count} keys. Two root keys sign it with 'tools/depin release sign {path} --key ...'.");
            return 0;
        });
        return command;
    }
}
