using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Tools.Api;
using DePin.Tools.Release;

namespace DePin.Tools.Commands;

/// <summary>depin rollout create: plans one.</summary>
internal static class RolloutCreateCommand
{
    private const int MaxPlanBytes = 64 * 1024;

    private static readonly Option<string> Name = new("--name") { Description = "For people", HelpName = "TEXT", Required = true };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why; it stands in the audit log", HelpName = "TEXT", Required = true };
    private static readonly Option<string?> Release = new("--release") { Description = "Id of a published release; a draft without it", HelpName = "ID" };
    private static readonly Option<string?> Plan = CommonOptions.ExistingFile("--plan", "JSON with target, canary, waves, gate and rate as POST /api/rollouts takes them; the options below win over it");
    private static readonly Option<string[]> Profiles = new("--profile") { Description = "Only nodes of this hardware profile; may be given several times, as the next two", HelpName = "NAME" };
    private static readonly Option<string[]> Tags = new("--tag") { Description = "Only nodes with this tag", HelpName = "TAG" };
    private static readonly Option<string[]> WithoutTags = new("--without-tag") { Description = "No node with this tag", HelpName = "TAG" };
    private static readonly Option<string?> Canary = new("--canary") { Description = "The first nodes: a number, or a share such as 1%; 5 nodes unless given", HelpName = "N" };
    private static readonly Option<string[]> Waves = new("--wave") { Description = "The next nodes, in order: a number of more nodes, or a share of all up to there such as 30%; 10% and 100% unless given", HelpName = "N" };
    private static readonly Option<int?> Soak = CommonOptions.Number("--soak-minutes", "How long each wave is watched after enough nodes executed it", 0, 525_600);
    private static readonly Option<int?> Failed = CommonOptions.Number("--failed-percent", "Pauses when more nodes of a wave failed", 0, 100);
    private static readonly Option<int?> MeteringHours = CommonOptions.Number("--metering-hours", "Hours after the update that are compared with the same hours before", 1, 24);
    private static readonly Option<int?> Band = CommonOptions.Number("--delivered-band-percent", "Pauses when the energy delivered differs by more from before, set against nodes not yet updated; 10 unless given", 1, 1000);
    private static readonly Option<int?> HeldBack = CommonOptions.Number("--held-back-percent", "Nodes that the others are compared with until the last gate passed, 200 at most; 10 unless given", 0, 50);
    private static readonly Option<int?> Offers = CommonOptions.Number("--offers-per-minute", "How fast nodes hear of it", 1, 100_000);
    private static readonly Option<int?> Downloads = CommonOptions.Number("--concurrent-downloads", "Nodes that get blocks at the same time", 1, 10_000);

    public static Command Create()
    {
        var command = new TaughtCommand(
            "create",
            "Plans a rollout; nothing is offered before a second manager approved it and somebody started it.",
            "Examples:\n  tools/depin rollout create --name \"1.4.0 to all\" --reason \"closes a hole\" --release 9f86d081884c7d65 --canary 5 --wave 10% --wave 50% --wave 100%\n"
            + "  tools/depin rollout create --name \"1.4.0, lake shore\" --reason \"closes a hole\" --release 9f86d081884c7d65 --plan plan.json --tag lakeside")
        {
            Name, Reason, Release, Plan, Profiles, Tags, WithoutTags, Canary, Waves, Soak, Failed, MeteringHours, Band, HeldBack, Offers, Downloads,
        };
        RolloutCommand.AddCommon(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            JsonObject request = Request(parsed);
            using FleetApi api = ApiOptions.Open(parsed);
            return await RolloutCommand.SayAsync(parsed, await api.PostAsync("api/rollouts", request, cancellationToken));
        });
        return command;
    }

    private static JsonObject Request(ParseResult parsed)
    {
        JsonObject request = parsed.GetValue(Plan) is { } file ? ReadPlan(file) : [];
        request["name"] = parsed.GetValue(Name);
        request["reason"] = parsed.GetValue(Reason);
        Set(request, "release", parsed.GetValue(Release));
        Set(Part(request, "target"), "profiles", Strings(parsed.GetValue(Profiles)));
        Set(Part(request, "target"), "tags", Strings(parsed.GetValue(Tags)));
        Set(Part(request, "target"), "withoutTags", Strings(parsed.GetValue(WithoutTags)));
        Set(request, "canary", parsed.GetValue(Canary) is { } canary ? Wave("--canary", canary) : null);
        Set(request, "waves", parsed.GetValue(Waves) is { Length: > 0 } waves ? new JsonArray([.. waves.Select(wave => Wave("--wave", wave))]) : null);

        // A gate that is named in part looks at metering all the same: leaving that out takes a plan that says so.
        bool hasMetering = parsed.GetValue(MeteringHours) is not null || parsed.GetValue(Band) is not null || parsed.GetValue(HeldBack) is not null;
        bool hasGate = request["gate"] is not null || parsed.GetValue(Soak) is not null || parsed.GetValue(Failed) is not null || hasMetering;
        if (hasGate)
        {
            JsonObject gate = Part(request, "gate");
            Set(gate, "soakMinutes", parsed.GetValue(Soak));
            Set(gate, "failedPercent", parsed.GetValue(Failed));
            if (!gate.ContainsKey("metering") || hasMetering)
            {
                JsonObject metering = Part(gate, "metering");
                Set(metering, "hours", parsed.GetValue(MeteringHours));
                Set(metering, "deliveredBandPercent", parsed.GetValue(Band));
                Set(metering, "heldBackPercent", parsed.GetValue(HeldBack));
            }
        }

        Set(Part(request, "rate"), "offersPerMinute", parsed.GetValue(Offers));
        Set(Part(request, "rate"), "concurrentDownloads", parsed.GetValue(Downloads));
        return request;
    }

    private static JsonObject ReadPlan(string file)
    {
        try
        {
            return JsonNode.Parse(BundleFile.Bounded(file, MaxPlanBytes, "a plan")) as JsonObject ?? throw new JsonException("it is no object");
        }
        catch (JsonException problem)
        {
            throw CommandException.WrongInput($"{file} is no plan in JSON ({problem.Message}). Nothing was planned.");
        }
    }

    private static JsonObject Wave(string option, string text)
    {
        bool isShare = text.EndsWith('%');
        return int.TryParse(isShare ? text[..^1] : text, out int number) && number > 0
            ? new JsonObject { [isShare ? "percent" : "nodes"] = number }
            : throw CommandException.WrongInput($"{option} takes a number of nodes, or a share such as 30%, not '{text}'. Nothing was planned.");
    }

    private static JsonObject Part(JsonObject whole, string name)
    {
        if (whole[name] is not JsonObject part)
        {
            whole[name] = part = [];
        }

        return part;
    }

    private static JsonArray? Strings(string[]? entries) => entries is { Length: > 0 } ? new JsonArray([.. entries.Select(entry => (JsonNode)entry)]) : null;

    private static void Set(JsonObject whole, string name, JsonNode? value)
    {
        if (value is not null)
        {
            whole[name] = value;
        }
    }
}
