using System.Text.Json;
using Spectre.Console;

namespace DePin.Tools.Flash;

/// <summary>The running table of a batch: live in a terminal, one line for each board that ends elsewhere.</summary>
internal sealed class FlashView(TextWriter output, TextWriter errors, bool isLive, bool isJson)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly HashSet<int> _told = [];
    private LiveDisplayContext? _live;

    /// <summary>Runs the work with the table on the screen.</summary>
    public async Task<IReadOnlyList<FlashResult>> RunAsync(Func<Task<IReadOnlyList<FlashResult>>> work)
    {
        if (!isLive || isJson)
        {
            return await work();
        }

        IReadOnlyList<FlashResult> results = [];
        await AnsiConsole.Live(TableOf([])).StartAsync(async context =>
        {
            _live = context;
            results = await work();
        });
        return results;
    }

    /// <summary>Shows how the boards stand.</summary>
    public void Show(IReadOnlyList<FlashResult> results)
    {
        if (_live is not null)
        {
            _live.UpdateTarget(TableOf(results));
            return;
        }

        for (int i = 0; i < results.Count; i++)
        {
            if (IsEnded(results[i]) && _told.Add(i))
            {
                (isJson ? errors : output).WriteLine(Line(results[i]));
            }
        }
    }

    /// <summary>What stands at the end.</summary>
    public async Task EndAsync(IReadOnlyList<FlashResult> results, double seconds)
    {
        int done = results.Count(result => result.State == FlashResult.Done);
        if (isJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(
                new
                {
                    boards = results,
                    done,
                    notHeard = results.Count(result => result.State == FlashResult.NotHeard),
                    failed = results.Count(result => result.State is not (FlashResult.Done or FlashResult.NotHeard)),
                    seconds = Math.Round(seconds, 2),
                    secondsPerBoard = results.Count == 0 ? 0 : Math.Round(seconds / results.Count, 2),
                },
                Json));
            return;
        }

        // A table has no room for sentences.
        foreach (FlashResult result in results.Where(_ => _live is not null))
        {
            foreach (string sentence in new[] { result.Notice, result.Message }.OfType<string>())
            {
                await output.WriteLineAsync($"{result.Port}: {sentence}");
            }
        }

        await output.WriteLineAsync($"{done} of {results.Count} boards done in {seconds:0.0} s, {(results.Count == 0 ? 0 : seconds / results.Count):0.0} s a board.");
    }

    // nanoff says how far it is as "(42 %)" at the end of a line.
    private static string Percent(string? progress)
    {
        int end = progress?.LastIndexOf('%') ?? -1;
        string digits = end < 0 ? "" : new string([.. progress![..end].Reverse().SkipWhile(c => c == ' ').TakeWhile(char.IsAsciiDigit).Reverse()]);
        return digits.Length is 0 or > 3 ? "" : $" {new string('#', Math.Min(10, int.Parse(digits) / 10)).PadRight(10, '.')} {digits} %";
    }

    private static bool IsEnded(FlashResult result) => result.State is FlashResult.Done or FlashResult.NotHeard or FlashResult.Failed;

    private static string Line(FlashResult result) =>
        $"{result.Port}  {result.Chip ?? "?"}  {result.NodeId ?? "no node"}  {result.State}  {result.Seconds:0.0} s"
        + (result.FlashingProgramSeconds > 0 ? $" ({result.FlashingProgramSeconds:0.0} s of it nanoff)" : "")
        + (result.Label is null ? "" : $"  label {result.Label}")
        + (result.Notice is null ? "" : $"\n  {result.Notice}")
        + (result.Message is null ? "" : $"\n  {result.Message}");

    private static Table TableOf(IReadOnlyList<FlashResult> results)
    {
        Table table = new Table().SimpleBorder();
        foreach (string column in new[] { "board", "chip", "node", "step", "label", "seconds" })
        {
            table.AddColumn(new TableColumn(column).NoWrap().PadLeft(0).PadRight(1));
        }

        foreach (FlashResult result in results)
        {
            string colour = result.State switch { FlashResult.Done => "green", FlashResult.Failed => "red", FlashResult.NotHeard => "yellow", _ => "grey" };
            table.AddRow(
                Markup.Escape(result.Serial ?? result.Port),
                Markup.Escape(result.Chip ?? ""),
                result.NodeId ?? "",
                $"[{colour}]{result.State}{(result.Step is null ? "" : " at " + result.Step)}[/]{Percent(result.Progress)}",
                result.Label is null ? "" : "written",
                $"{result.Seconds:0.0}");
        }

        return table;
    }
}
