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
    private static readonly Option<bool> Json = CommonOptions.Json("Prints it as JSON, all pages of the API together");
    private static readonly Option<string> Data = CommonOptions.Data();

    private const int LinesAtOnce = 1000;

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
        JsonNode answer = account == "list" ? await AccountsAsync(api, cancellationToken) : await WholeAsync(api, PathOf(account, parsed), account, cancellationToken);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(answer.ToJsonString());
            return 0;
        }

        Print(answer, output);
        return 0;
    }

    private static async Task<JsonNode> AccountsAsync(FleetApi api, CancellationToken cancellationToken)
    {
        var accounts = new JsonArray();
        await foreach (JsonNode account in api.ItemsAsync("api/accounts", cancellationToken))
        {
            accounts.Add(account.DeepClone());
        }

        return accounts;
    }

    // A statement comes in pages; here it is one.
    private static async Task<JsonNode> WholeAsync(FleetApi api, string path, string account, CancellationToken cancellationToken)
    {
        string paged = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={LinesAtOnce}";
        JsonNode whole = await api.GetAsync(paged, cancellationToken);
        for (string? next = (string?)whole["next"]; next is not null;)
        {
            JsonNode page = await api.GetAsync($"{paged}&cursor={next}", cancellationToken);
            Append(whole, "lines", page["lines"]!);
            next = (string?)page["next"];
        }

        string bounds = path.Contains('?', StringComparison.Ordinal) ? path[(path.IndexOf('?', StringComparison.Ordinal) + 1)..] + "&" : "";
        foreach ((string list, string from) in new[] { ("movements", $"api/accounts/{Uri.EscapeDataString(account)}/movements?{bounds}"), ("fundings", "api/funding?") })
        {
            for (string? next = (string?)whole[$"{list}Next"]; next is not null;)
            {
                JsonNode page = await api.GetAsync($"{from}limit={LinesAtOnce}&cursor={next}", cancellationToken);
                Append(whole, list, page["items"]!);
                next = (string?)page["next"];
            }
        }

        JsonObject shown = whole.AsObject();
        shown.Remove("next");
        shown.Remove("movementsNext");
        shown.Remove("fundingsNext");
        return shown;
    }

    private static void Append(JsonNode whole, string list, JsonNode items)
    {
        foreach (JsonNode? item in items.AsArray())
        {
            whole[list]!.AsArray().Add(item!.DeepClone());
        }
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
