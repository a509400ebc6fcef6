using System.CommandLine;
using System.Text.Json.Nodes;
using DePin.Tools.Api;
using DePin.Tools.Rollout;

namespace DePin.Tools.Commands;

/// <summary>depin rollout: a release on its way to nodes, as managers steer it.</summary>
internal static class RolloutCommand
{
    private static readonly Option<string> Reason = new("--reason") { Description = "Why; it stands in the audit log", HelpName = "TEXT", Required = true };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the backend's answer as it is");

    public static Command Create() => new(
        "rollout",
        "Brings a published release to nodes in waves: one manager plans it, a second one approves it, and a broken gate pauses it by itself.")
    {
        RolloutCreateCommand.Create(),
        Act("approve", "Agrees, as a second manager: neither who planned it nor who changed it last."),
        Act("start", "Opens the canary."),
        Watch(),
        List(),
        Act("pause", "Holds it: no offers and no blocks; trials go on."),
        Resume(),
        Act("stop", "Ends it for good; offers are withdrawn."),
        Retry(),
        Recall(),
    };

    /// <summary>Prints an answer about one rollout: the table, or what came.</summary>
    public static async Task<int> SayAsync(ParseResult parsed, JsonNode rollout)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(rollout.ToJsonString());
            return 0;
        }

        foreach (string line in RolloutTable.Lines(rollout))
        {
            await output.WriteLineAsync(line);
        }

        return 0;
    }

    /// <summary>The option --json, and which backend is asked.</summary>
    public static void AddCommon(Command command)
    {
        command.Add(Json);
        ApiOptions.AddTo(command);
    }

    private static Argument<int> Id() => new("rollout") { Description = "Number of the rollout", HelpName = "ID" };

    private static TaughtCommand Act(string act, string description)
    {
        Argument<int> id = Id();
        var command = new TaughtCommand(act, description, $"Example:\n  tools/depin rollout {act} 3 --reason \"closes the hole of 2026-07\"") { id, Reason };
        AddCommon(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using FleetApi api = ApiOptions.Open(parsed);
            return await SayAsync(parsed, await api.PostAsync($"api/rollouts/{parsed.GetValue(id)}/{act}", new { reason = parsed.GetValue(Reason) }, cancellationToken));
        });
        return command;
    }

    private static TaughtCommand Resume()
    {
        Argument<int> id = Id();
        var accept = new Option<bool>("--accept-broken") { Description = "Goes on past a broken gate; its figures are accepted as they are" };
        var command = new TaughtCommand(
            "resume", "Goes on with a paused rollout.", "Examples:\n  tools/depin rollout resume 3 --reason \"the market is over\"\n  tools/depin rollout resume 3 --reason \"one lamp fell into the lake\" --accept-broken") { id, Reason, accept };
        AddCommon(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using FleetApi api = ApiOptions.Open(parsed);
            return await SayAsync(parsed, await api.PostAsync($"api/rollouts/{parsed.GetValue(id)}/resume", new { reason = parsed.GetValue(Reason), acceptBroken = parsed.GetValue(accept) }, cancellationToken));
        });
        return command;
    }

    private static TaughtCommand Retry()
    {
        Argument<int> id = Id();
        var nodes = new Option<string[]>("--node") { Description = "Node to try again; all that failed unless given", HelpName = "ID" };
        var command = new TaughtCommand("retry", "Tries failed nodes again, also those that failed three times.", "Example:\n  tools/depin rollout retry 3 --node KX4M7Q2P9ABCDEFG --reason \"new battery\"") { id, nodes, Reason };
        AddCommon(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using FleetApi api = ApiOptions.Open(parsed);
            string[]? named = parsed.GetValue(nodes) is { Length: > 0 } some ? some : null;
            return await SayAsync(parsed, await api.PostAsync($"api/rollouts/{parsed.GetValue(id)}/retry", new { reason = parsed.GetValue(Reason), nodes = named }, cancellationToken));
        });
        return command;
    }

    private static TaughtCommand Watch()
    {
        Argument<int> id = Id();
        var once = new Option<bool>("--once") { Description = "Shows how it stands now, and ends" };
        var command = new TaughtCommand(
            "watch",
            "Shows waves, failures with their reasons and the gate, live, until the rollout is done, paused or stopped.",
            "Exit code 0: done, or --once; 1: paused or stopped.\n\nExample:\n  tools/depin rollout watch 3") { id, once };
        AddCommon(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using FleetApi api = ApiOptions.Open(parsed);
            string path = $"api/rollouts/{parsed.GetValue(id)}";
            return parsed.GetValue(once) || parsed.GetValue(Json)
                ? await SayAsync(parsed, await api.GetAsync(path, cancellationToken))
                : await RolloutWatch.RunAsync(api, path, parsed.InvocationConfiguration.Output, cancellationToken);
        });
        return command;
    }

    private static TaughtCommand List()
    {
        var command = new TaughtCommand("list", "All rollouts, the newest first.", "Example:\n  tools/depin rollout list");
        AddCommon(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using FleetApi api = ApiOptions.Open(parsed);
            var rollouts = new JsonArray();
            await foreach (JsonNode line in api.ItemsAsync("api/rollouts", cancellationToken))
            {
                rollouts.Add(line.DeepClone());
            }

            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(Json))
            {
                await output.WriteLineAsync(rollouts.ToJsonString());
                return 0;
            }

            foreach (JsonNode? line in rollouts)
            {
                await output.WriteLineAsync($"{line!["id"],4}  {line["state"],-9}  {line["release"] ?? "no release",-12}  {line["name"]}{(line["reason"] is { } reason ? $"  ({reason})" : "")}");
            }

            return 0;
        });
        return command;
    }

    private static TaughtCommand Recall()
    {
        var digest = new Argument<string?>("firmware") { Description = "First 8 bytes of the bundle's SHA-256, 16 hex digits; 'release verify' and 'rollout watch' show it", Arity = ArgumentArity.ZeroOrOne };
        var fraud = new Option<bool>("--fraud") { Description = "It meters falsely: readings are held at once, not only from a replacement on" };
        var reason = new Option<string?>("--reason") { Description = "Why; it stands in the audit log", HelpName = "TEXT" };
        Option<int?> approve = CommonOptions.Number("--approve", "Agrees, as a second manager, to the recall with this number", 1, int.MaxValue);
        var command = new TaughtCommand(
            "recall",
            "Takes a release back, which two managers decide: its rollouts stop, offers are withdrawn, nodes give it up.",
            "Examples:\n  tools/depin rollout recall 0011223344556677 --reason \"counts twice\" --fraud\n  tools/depin rollout recall --approve 17      # somebody else") { digest, fraud, reason, approve };
        AddCommon(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (string path, object content) = (parsed.GetValue(approve), parsed.GetValue(digest), parsed.GetValue(reason)) switch
            {
                ({ } id, null, null) => ($"api/changes/{id}/approve", (object)new { }),
                (null, { } firmware, { } why) => ("api/changes", new { kind = "recall", content = new { digest = firmware, isFraud = parsed.GetValue(fraud) }, reason = why }),
                _ => throw CommandException.WrongInput("Name the firmware and a --reason to propose a recall, or --approve with its number to agree. Nothing was changed."),
            };
            using FleetApi api = ApiOptions.Open(parsed);
            JsonNode change = await api.PostAsync(path, content, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json) ? change.ToJsonString()
                : parsed.GetValue(approve) is { } number ? $"Recall {number} counts from now on." : $"Proposed as {change["id"]}; a second manager agrees with 'tools/depin rollout recall --approve {change["id"]}'.");
            return 0;
        });
        return command;
    }
}
