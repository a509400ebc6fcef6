using System.CommandLine;
using System.Text.Json;
using DePin.Tools.Api;
using DePin.Tools.Proof;

namespace DePin.Tools.Commands;

/// <summary>depin verify and evidence: a statement's proofs, fetched and checked; and files of an archive.</summary>
internal static class VerifyCommand
{
    private const long MaxFileBytes = 64L * 1024 * 1024;

    private static readonly Argument<string> FileName = new("file") { Description = "A statement with its evidence, from 'tools/depin evidence', or a file of an archive", HelpName = "FILE" };
    private static readonly Option<string?> Key = new("--key") { Description = "For a statement: the log's key, NAME+ID+KEY, from somebody you trust and not from the file", HelpName = "VKEY" };
    private static readonly Option<string[]> Witness = new("--witness") { Description = "Key of an outside witness that must have signed the log too, NAME+ID+KEY; may be given several times", HelpName = "VKEY" };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints what was found as one JSON object");
    private static readonly Argument<string> Account = new("account") { Description = "Name of an account, such as operator:amina", HelpName = "ACCOUNT" };
    private static readonly Option<string> Out = new("--out") { Description = "The file to write", HelpName = "FILE", Required = true };
    private static readonly Option<DateTimeOffset?> From = CommonOptions.Moment("--from", "First moment");
    private static readonly Option<DateTimeOffset?> To = CommonOptions.Moment("--to", "Last moment");
    private static readonly Option<string> Data = CommonOptions.Data();

    public static Command CreateVerify()
    {
        var command = new TaughtCommand(
            "verify",
            "Checks a statement offline: the log's signature, that everything is in the log, each node's signature, each amount; or a file of an archive: each node's signature, and that its batches follow one another. Exit code 1 when something is wrong.",
            "Examples:\n  tools/depin evidence operator:amina --out amina.json\n  tools/depin verify amina.json --key depin.local/log+0123abcd+AQ...\n  tools/depin verify batches-000000000001-000000104233.cbor.gz")
        {
            FileName, Key, Witness, Json,
        };
        command.SetAction(VerifyAsync);
        return command;
    }

    public static Command CreateEvidence()
    {
        var command = new TaughtCommand(
            "evidence", "Writes an account's statement with all that proves it into a file, at most 1000 lines.", "Example:\n  tools/depin evidence operator:amina --from 2026-03-01 --out amina.json")
        {
            Account, From, To, Out, Data,
        };
        command.SetAction(EvidenceAsync);
        return command;
    }

    private static async Task<int> VerifyAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(FileName)!;
        if (File.Exists(path) && ArchivedBatches.IsOne(path))
        {
            return await VerifyArchiveAsync(path, parsed, cancellationToken);
        }

        VerifierKey key = VerifierKey.Read(parsed.GetValue(Key) ?? throw CommandException.WrongInput("A statement is checked with the log's key: give --key NAME+ID+KEY, from somebody you trust.")) is { IsWitness: false } read
            ? read
            : throw CommandException.WrongInput("--key must be a verifier key, NAME+ID+KEY, as the log shows under /log/key.");
        VerifierKey[] witnesses = [.. (parsed.GetValue(Witness) ?? []).Select(text => VerifierKey.Read(text) is { IsWitness: true } witness
            ? witness
            : throw CommandException.WrongInput($"--witness must be a witness's cosignature key, NAME+ID+KEY; '{text}' is none."))];
        StatementFile file;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxFileBytes })
            {
                throw CommandException.WrongInput($"{path} is over {MaxFileBytes / 1024 / 1024} MiB; fetch a shorter time.");
            }

            file = StatementFile.Read(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException)
        {
            throw CommandException.WrongInput($"{path} is no statement with evidence: {problem.Message.Split(" LineNumber:", 2)[0]}");
        }

        IReadOnlyList<string> faults = StatementProof.Faults(file, key, witnesses);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(new { file.Account, lines = file.Lines.Length, file.TotalMicro, file.MovementsMicro, movements = file.Movements.Length, file.Waiting, isComplete = file.NextAfter is null && file.Waiting == 0, faults }, JsonSerializerOptions.Web));
        }
        else if (faults.Count == 0)
        {
            await output.WriteLineAsync(
                $"{file.Lines.Length} lines hold: each batch is signed by its node and in the log of {key.Name}, each amount follows. {file.Account} got {file.TotalMicro} micro-credits by them."
                + (file.Movements.Length == 0 ? "" : $" {file.Movements.Length} other transfers, {file.MovementsMicro} micro-credits together, are in the log.")
                + (file.Waiting == 0 ? "" : $" {file.Waiting} lines or transfers are not in it: they wait for the log or its witnesses; fetch the statement again later.")
                + (file.NextAfter is null ? "" : " More lines follow in other files.")
                + " Not proven: that nothing was left out, that what was held or refused had to be, and which seconds were served (no more than the signed ones).");
        }
        else
        {
            foreach (string fault in faults)
            {
                await output.WriteLineAsync(fault);
            }
        }

        return faults.Count == 0 ? 0 : 1;
    }

    private static async Task<int> VerifyArchiveAsync(string path, ParseResult parsed, CancellationToken cancellationToken)
    {
        ArchiveResult result = ArchiveProof.Check(path, cancellationToken);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(result, JsonSerializerOptions.Web));
        }
        else if (result.Found == 0)
        {
            await output.WriteLineAsync(
                $"{result.Batches} batches of {result.Nodes} nodes hold, numbers {result.FirstBatch} to {result.LastBatch}: each is signed by its node and follows the one before; {result.Gaps} gaps were declared."
                + (result.Continued == 0 ? "" : $" {result.Continued} nodes began before this file.")
                + (result.Sha256 is null ? " There is no manifest beside it." : $" Its manifest is right (SHA-256 {result.Sha256})."));
        }
        else
        {
            await output.WriteLineAsync($"{result.Found} faults:\n  {string.Join("\n  ", result.Faults)}");
        }

        return result.Found == 0 ? 0 : 1;
    }

    private static async Task<int> EvidenceAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using FleetApi api = FleetApi.Open(parsed.GetValue(Data)!);
        long from = parsed.GetValue(From)?.ToUnixTimeSeconds() ?? 0;
        long to = parsed.GetValue(To)?.ToUnixTimeSeconds() ?? long.MaxValue;
        string path = parsed.GetValue(Out)!;
        string text = (await api.GetAsync($"api/accounts/{Uri.EscapeDataString(parsed.GetValue(Account)!)}/evidence?from={from}&to={to}", cancellationToken)).ToJsonString();
        await File.WriteAllTextAsync(path, text, cancellationToken);
        await parsed.InvocationConfiguration.Output.WriteLineAsync($"{path}: check it with 'tools/depin verify {path} --key VKEY', the key from /log/key or, better, from somebody you trust.");
        return 0;
    }
}
