using System.Text.Json.Nodes;
using DePin.Tools.Api;
using Spectre.Console;

namespace DePin.Tools.Rollout;

/// <summary>Shows a rollout until it rests: a live picture in a terminal, elsewhere the lines again whenever one changed.</summary>
internal static class RolloutWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Watches; 0 when it is done, 1 when it is paused or stopped.</summary>
    public static async Task<int> RunAsync(FleetApi api, string path, TextWriter output, CancellationToken cancellationToken)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            string before = "";
            return await LoopAsync(
                api, path,
                text =>
                {
                    if (text != before)
                    {
                        output.WriteLine(text);
                        before = text;
                    }
                },
                cancellationToken);
        }

        int code = 0;
        await AnsiConsole.Live(new Text("")).AutoClear(false).StartAsync(async context => code = await LoopAsync(api, path, text => context.UpdateTarget(new Text(text)), cancellationToken));
        return code;
    }

    private static async Task<int> LoopAsync(FleetApi api, string path, Action<string> show, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Pause);
        while (true)
        {
            JsonNode rollout = await api.GetAsync(path, cancellationToken);
            show(string.Join('\n', RolloutTable.Lines(rollout)));
            if (RolloutTable.IsAtRest(rollout))
            {
                return RolloutTable.State(rollout) == "done" ? 0 : 1;
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
