using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts;
using DePin.Contracts.Uplink;
using DePin.Host;
using DePin.Host.Mqtt;
using DePin.Host.Simulation;
using DePin.Node.Uplink;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Seasons;

/// <summary>
/// A season of honest nodes and cheats against a real backend, hour by hour on a clock that both share and that stands while an hour's
/// messages are on their way. Nobody decides over what is held: after 14 days time decides, and what it releases is counted as slipped through.
/// </summary>
internal sealed class Season(int nodes, int days, long seed, string folder, TextWriter progress)
{
    public const string GoodFirmware = "0102030405060708";
    public const string BadFirmware = "badbadbadbadbad0";

    // 2026-03-01 00:00 UTC.
    private const long Start = 1_772_323_200;
    private const long SecondsPerHour = 3600, SecondsPerDay = 86_400;
    private const int ArrivesAfterSeconds = 90;
    private const string SecondPerson = "second";

    private readonly List<SeasonNode> _fleet = [];
    private readonly List<MqttLink> _links = [];
    private readonly List<Queue<byte[]>> _waiting = [];
    private IReadOnlyList<IReadOnlyList<Edit>> _edits = [];

    /// <summary>First day on which cheats cheat.</summary>
    private int CheatsFromDay => Math.Min(10, days / 3);

    /// <summary>Lives it, and says what was caught.</summary>
    public async Task<SeasonReport> RunAsync(CancellationToken cancellationToken)
    {
        MakeFleet();
        string data = Path.Combine(folder, "data");
        Directory.CreateDirectory(data);
        string clockFile = Path.Combine(folder, "clock.json");
        var clock = ScaledClock.StartStepped(clockFile, Start * 1000);
        string settings = Path.Combine(folder, "settings.json");
        await File.WriteAllTextAsync(settings, JsonSerializer.Serialize(new { gateway = new { packetsPerSecond = 10_000, packetBurst = 10_000 } }), cancellationToken);
        var options = new BackendOptions { DataFolder = data, ClockFile = clockFile, SettingsFile = settings };
        SeasonReport report;
        await ApiTokenFile.EnsureAsync(data, SecondPerson, cancellationToken);
        await using (BackendChild backend = await BackendChild.StartAsync(options, cancellationToken))
        {
            using FleetApi api = FleetApi.Open(backend.Addresses, data);
            await api.RegisterAsync(_fleet.Select(node => node.Registration(Start)), cancellationToken);
            await api.FundAsync("season", cancellationToken);
            await api.PostAsync("api/firmware", new { digest = GoodFirmware, name = "good" }, cancellationToken);
            await api.PostAsync("api/firmware", new { digest = BadFirmware, name = "bad" }, cancellationToken);
            await ConnectAsync(backend, cancellationToken);
            for (int hour = 0; hour < days * 24; hour++)
            {
                await LiveHourAsync(hour, clock, api, backend.Addresses, cancellationToken);
            }

            await SendWaitingAsync(cancellationToken);
            await JudgedAsync(api, cancellationToken);
            report = await SeasonJudge.ReportAsync(_fleet, api, days, CheatsFromDay, cancellationToken);
            foreach (MqttLink link in _links)
            {
                await link.DisposeAsync();
            }

            _edits = await EditsAsync(api, cancellationToken);
        }

        JsonNode clean = await OfflineBackend.RunAsync(["rebuild", "--data", data], progress, cancellationToken);
        return report.With((long)clean["found"]!, await EditAndRebuildAsync(data, cancellationToken));
    }

    private void MakeFleet()
    {
        var sky = new SeededClouds(seed);
        IReadOnlyList<Cheat> cheats = Cheat.All(index => _fleet[index % 10]);
        int honest = nodes - cheats.Count;
        string[] profiles = ["lamp-small", "lamp-small", "ecandle-1", "airnode"];
        for (int i = 0; i < nodes; i++)
        {
            long own = Noise.Child(seed, i);
            double R(int purpose) => Noise.Unit(own, purpose);
            bool isCheat = i >= honest;

            // Villages of ten, so that neighbours see one sky; the first ten are lamps, which clones copy.
            double latitude = -0.09 + ((i / 10 % 8) * 0.4);
            double longitude = 34.77 + ((i / 10) * 0.15);
            var traits = new SeasonTraits(
                isCheat ? cheats[i - honest].Profile : i < 10 ? "lamp-small" : profiles[i % 4], latitude + (R(1) * 0.02), longitude + (R(2) * 0.02), Clean: 1 - (0.3 * R(3)), Afternoon: R(4) < 0.2 ? 0.3 : 1,
                StreetMilliwatts: R(5) < 0.15 ? 200 * R(6) : 0, Light: R(7) < 0.4 ? 0.2 : 1, BlindHours: R(8) < 0.1 ? 3 : 0,
                OfflineFromDay: R(9) < 0.1 && !isCheat && i >= 10 ? (int)(R(10) * days * 0.6) : -1, OfflineDays: 5 + (int)(R(11) * Math.Min(40, days / 3)));
            _fleet.Add(new SeasonNode(i, seed, sky, traits, isCheat ? cheats[i - honest] : null));
            _waiting.Add(new Queue<byte[]>());
        }
    }

    private async Task ConnectAsync(BackendChild backend, CancellationToken cancellationToken)
    {
        foreach (SeasonNode node in _fleet)
        {
            var link = new MqttLink(GatewayAddress.Plain(backend.Addresses.MqttPlain!.Host, backend.Addresses.MqttPlain.Port));
            string id = node.Id.ToString();
            link.Connect(id, node.Password, Topics.Of(id, Topics.Status), Status.EncodeWill(new byte[Session.Size]));
            _links.Add(link);
        }

        await Waiting.UntilAsync(() => _links.TrueForAll(link => link.State == UplinkState.Up), () => $"A node was not let in: {_links.First(link => link.State != UplinkState.Up).LastError}", cancellationToken);
    }

    private async Task LiveHourAsync(int hour, ScaledClock clock, FleetApi api, BackendAddresses addresses, CancellationToken cancellationToken)
    {
        long opens = Start + (hour * SecondsPerHour);
        int day = hour / 24;
        clock.StepTo((opens + SecondsPerHour + ArrivesAfterSeconds) * 1000);
        if (hour == Math.Min(20, days / 2) * 24)
        {
            JsonNode change = await api.PostAsync("api/changes", new { kind = "recall", content = new { digest = BadFirmware, isFraud = true }, reason = "it meters what is not there" }, cancellationToken);
            using FleetApi second = FleetApi.Open(addresses, Path.Combine(folder, "data"), SecondPerson);
            await second.PostAsync($"api/changes/{change["id"]}/approve", new { }, cancellationToken);
        }

        var sent = new List<byte[]>[_fleet.Count];

        // The first ten live first: others copy them.
        void Live(int i)
        {
            SeasonNode node = _fleet[i];
            bool isCheating = node.Cheat is not null && day >= CheatsFromDay;
            byte[] signed = node.LiveHour(opens, isCheating);
            sent[i] = isCheating && node.Cheat!.Beside is { } beside ? [signed, .. beside(node, signed, opens)] : [signed];
        }

        Parallel.For(0, Math.Min(10, _fleet.Count), Live);
        Parallel.For(Math.Min(10, _fleet.Count), _fleet.Count, Live);
        for (int i = 0; i < _fleet.Count; i++)
        {
            sent[i].ForEach(_waiting[i].Enqueue);
            SeasonTraits traits = _fleet[i].Traits;
            if (traits.OfflineFromDay < 0 || day < traits.OfflineFromDay || day >= traits.OfflineFromDay + traits.OfflineDays)
            {
                Send(i);
            }
        }

        await AcknowledgedAsync(cancellationToken);
        if (hour % 24 == 23)
        {
            // A day's verdicts before the next, so that the hourly comparison of nodes sees each day.
            await JudgedAsync(api, cancellationToken);
            await Task.Delay(1200, cancellationToken);
            progress.Write($"\rday {day + 1} of {days}");
        }
    }

    private void Send(int i)
    {
        string topic = Topics.Of(_fleet[i].Id.ToString(), Topics.Batch);
        while (_waiting[i].TryPeek(out byte[]? message) && _links[i].Unacknowledged < 32 && _links[i].Publish(topic, message, 1))
        {
            _waiting[i].Dequeue();
        }
    }

    private async Task SendWaitingAsync(CancellationToken cancellationToken)
    {
        while (_waiting.Exists(queue => queue.Count > 0))
        {
            for (int i = 0; i < _fleet.Count; i++)
            {
                Send(i);
            }

            await AcknowledgedAsync(cancellationToken);
        }
    }

    private Task AcknowledgedAsync(CancellationToken cancellationToken) => Waiting.UntilAsync(
        () =>
        {
            foreach (MqttLink link in _links)
            {
                while (link.Receive() is not null)
                {
                    // Receipts and rejects: what counts is what the backend says at the end.
                }
            }

            return _links.TrueForAll(link => link.Unacknowledged == 0);
        },
        () => $"The backend stopped answering: {_links.First(link => link.Unacknowledged > 0).LastError}",
        cancellationToken);

    private static async Task JudgedAsync(FleetApi api, CancellationToken cancellationToken)
    {
        while ((await api.SummaryAsync(cancellationToken)).VerdictBacklog > 0)
        {
            await Task.Delay(5, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<IReadOnlyList<Edit>>> EditsAsync(FleetApi api, CancellationToken cancellationToken)
    {
        JsonNode line = (await api.GetAsync($"api/accounts/operator:{_fleet[0].Registration(Start).Operator}/evidence?limit=1", cancellationToken))["lines"]![0]!;
        SeasonNode ahead = _fleet.First(node => node.Cheat is { ClockSeconds: > 0 });
        JsonArray verdicts = (await api.GetAsync($"api/nodes/{ahead.Id}/verdicts?limit=1000", cancellationToken))["items"]!.AsArray();
        return DatabaseEdit.Kinds(line, verdicts.SelectMany(row => row!["runs"]!.AsArray()).First(run => (string)run!["outcome"]! == "Refused")!);
    }

    // One byte, changed in the file where nobody is asked; each is put back, so that the data can be looked at afterwards.
    private async Task<IReadOnlyList<(string, bool)>> EditAndRebuildAsync(string data, CancellationToken cancellationToken)
    {
        var edit = new DatabaseEdit(Path.Combine(data, "fleet.db"));
        var named = new List<(string, bool)>();
        foreach (IReadOnlyList<Edit> group in _edits)
        {
            using IDisposable edited = edit.Flip(group);
            JsonNode report = await OfflineBackend.RunAsync(["rebuild", "--data", data], progress, cancellationToken);
            string[] differences = [.. report["differences"]!.AsArray().Select(difference => (string)difference!)];
            named.AddRange(group.Select(one => (one.What, differences.Any(difference => difference.Contains(one.Names, StringComparison.Ordinal)))));
        }

        return named;
    }
}
