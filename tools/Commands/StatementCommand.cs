using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Tools.Api;

namespace DePin.Tools.Commands;

/// <summary>depin statement: one account's lines.</summary>
internal static class StatementCommand
{
    private static readonly Argument<string> Account = new("account") { Description = "Name of an account, such as operator:amina; 'tools/depin statement list' shows all", HelpName = "ACCOUNT" };
    private static readonly Option<DateTimeOffset?> From = CommonOptions.Moment("--from", "First moment");
    private static readonly Option<DateTimeOffset?> To = CommonOptions.Moment("--to", "Last moment");
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the backend's answer as it is");
    private static readonly Option<string> Data = CommonOptions.Data();

    public static Command Create()
    {
        var command = new TaughtCommand(
            "statement",
            "What an account was credited, line by line, and what was held or refused.",
            "Examples:\n  tools/depin statement list\n  tools/depin statement operator:amina --json")
        {
            Account, From, To, Json, Data,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string account = parsed.GetValue(Account)!;
        using FleetApi api = FleetApi.Open(parsed.GetValue(Data)!);
        JsonNode answer = await api.GetAsync(account == "list" ? "api/accounts" : PathOf(account, parsed), cancellationToken);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(answer.ToJsonString());
            return 0;
        }

        Print(answer, output);
        return 0;
    }

    private static string PathOf(string account, ParseResult parsed)
    {
        var bounds = new List<string>();
        foreach ((string name, DateTimeOffset? moment) in new[] { ("from", parsed.GetValue(From)), ("to", parsed.GetValue(To)) })
        {
            if (moment is { } time)
            {
                bounds.Add($"{name}={time.ToUnixTimeSeconds()}");
            }
        }

        return $"api/accounts/{Uri.EscapeDataString(account)}/statement{(bounds.Count == 0 ? "" : "?" + string.Join('&', bounds))}";
    }

    // Single values stand as "name value", lists as tables with the columns of their first line.
    private static void Print(JsonNode answer, TextWriter output)
    {
        if (answer is JsonArray list)
        {
            PrintTable(list, output);
            return;
        }

        foreach ((string name, JsonNode? value) in answer.AsObject())
        {
            if (value is JsonArray lines)
            {
                output.WriteLine();
                output.WriteLine($"{name}: {lines.Count}");
                PrintTable(lines, output);
            }
            else if (value is JsonObject)
            {
                Print(value, output);
            }
            else
            {
                output.WriteLine($"{name,-20} {Cell(value)}");
            }
        }
    }

    private static void PrintTable(JsonArray lines, TextWriter output)
    {
        if (lines.FirstOrDefault() is not JsonObject first)
        {
            return;
        }

        // What is nested is for --json.
        string[] columns = [.. first.Where(pair => pair.Value is not (JsonArray or JsonObject)).Select(pair => pair.Key)];
        string[][] rows = [columns, .. lines.OfType<JsonObject>().Select(line => Array.ConvertAll(columns, column => Cell(line[column])))];
        int[] widths = [.. columns.Select((_, i) => rows.Max(row => row[i].Length))];
        foreach (string[] row in rows)
        {
            output.WriteLine("  " + string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    private static string Cell(JsonNode? value) => value is null ? "" : value.GetValueKind() == JsonValueKind.String ? Short(value.GetValue<string>()) : value.ToJsonString();

    // Hashes are named by their first digits; --json has them whole.
    private static string Short(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower) ? text[..12] : text;
}
