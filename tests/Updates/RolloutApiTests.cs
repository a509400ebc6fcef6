using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Fleet.People;
using DePin.Tests.Support;

namespace DePin.Tests.Updates;

/// <summary>A release on its way to nodes that a test speaks by hand, over the real gateway.</summary>
public sealed class RolloutApiTests : IAsyncLifetime
{
    private RolloutRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await RolloutRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task From_the_canary_over_its_gate_to_the_last_wave_with_honest_figures()
    {
        await using UpdateNode first = await _rig.NodeAsync();
        await using UpdateNode second = await _rig.NodeAsync();
        await using UpdateNode third = await _rig.NodeAsync();
        string release = await _rig.PublishAsync();
        long id = await _rig.PlanAsync(release, new { canary = new { nodes = 1 }, waves = new[] { new { percent = 100 } } });
        JsonNode planned = await _rig.RolloutAsync(id);
        Assert.Equal(("signed", 3L, 0L), ((string?)planned["state"], (long)planned["matching"]!, (long)planned["members"]!));
        Assert.Contains("a second manager", (string?)(await _rig.ActAsync("mary", id, "approve", status: HttpStatusCode.Conflict))["detail"], StringComparison.Ordinal);
        Assert.Contains("has to approve", (string?)(await _rig.ActAsync("mary", id, "start", status: HttpStatusCode.Conflict))["detail"], StringComparison.Ordinal);
        await _rig.ActAsync("otieno", id, "approve");
        await _rig.ActAsync("mary", id, "start");

        UpdateNode canary = await OfferedAsync(first, second, third);
        await canary.UpdateAsync(_rig.Bundle);
        await _rig.CountsAsync(id, 0, "confirmed", 1);
        Assert.Equal("canary", (string?)(await _rig.RolloutAsync(id))["state"]);
        Assert.Equal(1, new[] { first, second, third }.Count(node => node == canary || node.HasHeard(UpdateNotice.Offer)));
        _rig.Time.Pass(TimeSpan.FromMinutes(10));
        JsonNode wave = await _rig.ReachesAsync(id, "wave", 1);
        Assert.Equal(2, (long)wave["waves"]![1]!["size"]!);
        UpdateNode[] rest = [.. new[] { first, second, third }.Where(node => node != canary)];
        foreach (UpdateNode node in rest)
        {
            _rig.Time.Pass(TimeSpan.FromSeconds(10));
            await node.UpdateAsync(_rig.Bundle);
        }

        await _rig.CountsAsync(id, 1, "confirmed", 2);
        Assert.Equal("wave", (string?)(await _rig.RolloutAsync(id))["state"]);
        _rig.Time.Pass(TimeSpan.FromMinutes(11));
        JsonNode done = await _rig.ReachesAsync(id, "done");
        JsonNode figures = done["waves"]![1]!;
        Assert.Equal((2L, 2L * _rig.Bundle.Length, 0L, 0L), ((long)figures["offersMade"]!, (long)figures["sentBytes"]!, (long)figures["repeatedBytes"]!, (long)figures["silent"]!));
        Assert.Equal((10L, 20L, false), ((long)figures["time"]!["secondsTo50"]!, (long)figures["time"]!["secondsTo99"]!, (bool)figures["time"]!["isForecast"]!));
        Assert.Equal("passes", (string?)figures["gate"]!["outcome"]);
        JsonNode[] events = [.. (await _rig.GetAsync("/api/events?limit=1000"))["items"]!.AsArray().Where(made => (string?)made!["kind"] == "rollout").Select(made => JsonNode.Parse((string)made!["content"]!)!)];
        Assert.Equal(["planned", "approved", "started", "canary", "wave", "done"], events.Select(made => (string?)made["act"]));
        Assert.Equal("as agreed", (string?)events[1]["reason"]);
    }

    [Fact]
    public async Task A_failure_beyond_the_gate_pauses_with_the_figure_and_after_three_a_node_is_left_alone_until_a_person_retries()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        long id = await _rig.StartAsync(await _rig.PublishAsync(), new { canary = new { nodes = 1 }, waves = Array.Empty<object>() });
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            UpdateNotice offer = await node.HearAsync(UpdateNotice.Offer, notice => notice.Attempt == attempt);
            await node.ReportAsync(offer, UpdateState.Accepted);
            await node.ReportAsync(offer, UpdateState.WentBack, UpdateReason.NoReceipt);
            if (attempt == 1)
            {
                JsonNode paused = await _rig.ReachesAsync(id, "paused");
                Assert.StartsWith("failed: 1 of 1 (100 %)", (string?)paused["reason"], StringComparison.Ordinal);
                Assert.Contains("acceptBroken", (string?)(await _rig.ActAsync("mary", id, "resume", status: HttpStatusCode.Conflict))["detail"], StringComparison.Ordinal);
                await _rig.ActAsync("mary", id, "resume", new { reason = "one of one is no sample", acceptBroken = true });
            }

            _rig.Time.Pass(TimeSpan.FromHours(2));
        }

        await _rig.CountsAsync(id, 0, "needsAttention", 1);
        JsonNode wave = (await _rig.RolloutAsync(id))["waves"]![0]!;
        Assert.Equal(("wentBack", "noReceipt", 3L, 1L), ((string?)wave["failedAttempts"]![0]!["state"], (string?)wave["failedAttempts"]![0]!["reason"], (long)wave["failedAttempts"]![0]!["attempts"]!, (long)wave["failedAttempts"]![0]!["nodes"]!));
        Assert.Equal(3, (await _rig.GetAsync($"/api/rollouts/{id}/failures?reason=noReceipt"))["items"]!.AsArray().Count(end => (string?)end!["nodeId"] == node.Id));
        JsonNode listed = Assert.Single((await _rig.GetAsync($"/api/rollouts/{id}/nodes?state=needsAttention"))["items"]!.AsArray())!;
        Assert.Equal((3L, 3L), ((long)listed["failures"]!, (long)listed["attempt"]!));
        _rig.Time.Pass(TimeSpan.FromDays(3));
        await node.SayAsync();
        Assert.False(node.HasHeard(UpdateNotice.Offer));
        await _rig.ActAsync("otieno", id, "retry", new { reason = "its battery was changed", nodes = new[] { node.Id } });
        await node.UpdateAsync(_rig.Bundle);
        await _rig.CountsAsync(id, 0, "confirmed", 1);
    }

    [Fact]
    public async Task Silence_pauses_counts_anew_after_a_resume_and_not_at_all_while_it_was_paused()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        long id = await _rig.StartAsync(await _rig.PublishAsync(), new { canary = new { nodes = 1 }, waves = Array.Empty<object>() });
        await node.HearAsync(UpdateNotice.Offer);
        _rig.Time.Pass(TimeSpan.FromHours(25));
        Assert.StartsWith("silent: 1 of 1 (100 %)", (string?)(await _rig.ReachesAsync(id, "paused"))["reason"], StringComparison.Ordinal);
        _rig.Time.Pass(TimeSpan.FromDays(3));
        JsonNode resumed = await _rig.ActAsync("mary", id, "resume");
        Assert.Equal(("canary", 0L), ((string?)resumed["state"], (long)resumed["waves"]![0]!["silent"]!));
        _rig.Time.Pass(TimeSpan.FromHours(25));
        await _rig.ReachesAsync(id, "paused");
        resumed = await _rig.ActAsync("mary", id, "resume", new { reason = "it was stolen", acceptBroken = true });
        Assert.Equal(1, (long)resumed["waves"]![0]!["accepted"]!["silent"]!);
    }

    [Fact]
    public async Task Late_repeated_forged_and_foreign_reports_change_nothing_and_an_end_stays()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        using var stranger = new TestNode();
        long id = await _rig.StartAsync(await _rig.PublishAsync(), new { canary = new { nodes = 1 }, waves = Array.Empty<object>() });
        UpdateNotice offer = await node.HearAsync(UpdateNotice.Offer);
        await node.ReportAsync(offer, UpdateState.Confirmed, firmware: Convert.FromHexString(_rig.Digest), signer: stranger, counter: 900);
        await node.PublishAsync(DePin.Contracts.Topics.UpdateReport, [1, 2, 3]);
        await node.ReportAsync(offer, UpdateState.Accepted, counter: 5);
        await node.ReportAsync(offer, UpdateState.Trial, counter: 7);
        await node.ReportAsync(offer, UpdateState.Downloading, counter: 6);
        Assert.Equal(7, (await node.HearAsync(UpdateNotice.Heard, heard => heard.ReportCounter == 7)).ReportCounter);
        await node.HearAsync(UpdateNotice.Heard, heard => heard.ReportCounter == 6);
        await _rig.CountsAsync(id, 0, "trial", 1);
        await node.ReportAsync(offer, UpdateState.WentBack, UpdateReason.TimedOut, counter: 8);
        await node.ReportAsync(offer, UpdateState.Confirmed, firmware: Convert.FromHexString(_rig.Digest), counter: 9);
        await node.HearAsync(UpdateNotice.Heard, heard => heard.ReportCounter == 9);
        await _rig.CountsAsync(id, 0, "wentBack", 1);
        JsonNode end = Assert.Single((await _rig.GetAsync($"/api/rollouts/{id}/failures"))["items"]!.AsArray())!;
        Assert.Equal(("timedOut", 1L), ((string?)end["reason"], (long)end["attempt"]!));
    }

    [Fact]
    public async Task Who_says_confirmed_and_runs_something_else_has_failed()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        long id = await _rig.StartAsync(await _rig.PublishAsync(), new { canary = new { nodes = 1 }, waves = Array.Empty<object>() });
        UpdateNotice offer = await node.HearAsync(UpdateNotice.Offer);
        await node.ReportAsync(offer, UpdateState.Confirmed);
        await _rig.CountsAsync(id, 0, "wentBack", 1);
    }

    [Fact]
    public async Task A_pause_answers_busy_a_stop_withdraws_and_tells_also_who_was_away()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        UpdateNode away = await _rig.NodeAsync();
        long id = await _rig.StartAsync(await _rig.PublishAsync(), new { canary = new { nodes = 2 }, waves = Array.Empty<object>(), rate = new { offersPerMinute = 6000 } });
        UpdateNotice offer = await node.HearAsync(UpdateNotice.Offer);
        await node.ReportAsync(offer, UpdateState.Accepted);
        await node.DownloadAsync(UpdateNode.IdOf(offer), 0, 4);
        await away.HearAsync(UpdateNotice.Offer);
        await away.DisposeAsync();
        await _rig.ActAsync("mary", id, "pause");
        node.Ask(UpdateNode.IdOf(offer), 4, 2);
        Assert.InRange((await node.HearAsync(UpdateNotice.Busy)).Seconds, 600, 700);
        await _rig.ActAsync("mary", id, "resume");
        await node.DownloadAsync(UpdateNode.IdOf(offer), 4, 6);
        await _rig.ActAsync("mary", id, "stop");
        Assert.Equal(UpdateWithdrawal.Stopped, (await node.HearAsync(UpdateNotice.Withdraw)).Withdrawal);
        node.Ask(UpdateNode.IdOf(offer), 6, 2);
        await node.HearAsync(UpdateNotice.Withdraw);
        Assert.Equal(6, node.Blocks);
        await node.ReportAsync(offer, UpdateState.Rejected, UpdateReason.NoRoom);
        await using UpdateNode back = await UpdateNode.ConnectAsync(_rig.Backend.MqttPlainPort, away.Node);
        await back.HearAsync(UpdateNotice.Withdraw);
        await _rig.CountsAsync(id, 0, "withdrawn", 2);
        Assert.Contains("stopped, for good", (string?)(await _rig.ActAsync("mary", id, "resume", status: HttpStatusCode.Conflict))["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recall_by_two_people_stops_the_rollout_and_tells_nodes_also_on_trial()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        string release = await _rig.PublishAsync();
        long id = await _rig.StartAsync(release, new { canary = new { nodes = 1 }, waves = Array.Empty<object>() });
        UpdateNotice offer = await node.HearAsync(UpdateNotice.Offer);
        await node.ReportAsync(offer, UpdateState.Trial);
        JsonNode change = await _rig.DoAsync("mary", HttpMethod.Post, "/api/changes", new { kind = "recall", content = new { digest = _rig.Digest, isFraud = false }, reason = "it counts twice" });
        await _rig.DoAsync("otieno", HttpMethod.Post, $"/api/changes/{change["id"]}/approve", new { });
        Assert.Equal("its release was recalled", (string?)(await _rig.ReachesAsync(id, "stopped"))["reason"]);
        Assert.Equal(UpdateWithdrawal.Recalled, (await node.HearAsync(UpdateNotice.Withdraw)).Withdrawal);
        node.Ask(UpdateNode.IdOf(offer), 0, 1);
        Assert.Equal(UpdateWithdrawal.Recalled, (await node.HearAsync(UpdateNotice.Withdraw)).Withdrawal);
        Assert.Equal(0, node.Blocks);

        // What replaces it is recorded when the last wave of another release opens.
        byte[] next = new byte[3000];
        string better = await _rig.PublishAsync(manifest => (manifest.Release, manifest.Build, manifest.Assembly) = ("2026.11", 11, "Node11"), next);
        await node.SayAsync(Convert.FromHexString(_rig.Digest));
        await Eventually.HoldsAsync(async () => (long)(await _rig.RolloutAsync(await _rig.PlanAsync(better, new { target = new { firmware = new[] { _rig.Digest } } })))["matching"]! == 1, "the node's firmware is known", 60);
        await _rig.StartAsync(better, new { target = new { firmware = new[] { _rig.Digest } }, canary = new { nodes = 1 }, waves = Array.Empty<object>() });
        Assert.NotNull((await _rig.GetAsync("/api/firmware"))["items"]!.AsArray().Single(row => (string?)row!["digest"] == _rig.Digest)!["replacedUnixMilliseconds"]);
    }

    [Fact]
    public async Task Concurrent_downloads_and_a_day_s_bytes_are_bounded_and_busy_says_when_to_come_again()
    {
        await using UpdateNode first = await _rig.NodeAsync();
        await using UpdateNode second = await _rig.NodeAsync();
        await _rig.StartAsync(await _rig.PublishAsync(), new { canary = new { nodes = 2 }, waves = Array.Empty<object>(), rate = new { offersPerMinute = 6000, concurrentDownloads = 1, bytesPerNodeAndDay = 8192 } });
        UpdateNotice offer = await first.HearAsync(UpdateNotice.Offer);
        await second.HearAsync(UpdateNotice.Offer);
        byte[] release = UpdateNode.IdOf(offer);
        await first.DownloadAsync(release, 0, 4);
        second.Ask(release, 0, 8);
        Assert.InRange((await second.HearAsync(UpdateNotice.Busy)).Seconds, 60, 120);
        Assert.Equal(0, second.Blocks);
        await first.DownloadAsync(release, 4, 8);
        first.Ask(release, 8, 1);
        long untilMidnight = 86_400 - (_rig.Time.UnixSeconds % 86_400);
        Assert.InRange((await first.HearAsync(UpdateNotice.Busy)).Seconds, untilMidnight, untilMidnight + 60);
        await first.ReportAsync(offer, UpdateState.Waiting, UpdateReason.Battery);
        await second.DownloadAsync(release, 0, 2);
        _rig.Time.Pass(TimeSpan.FromDays(1));
        second.Ask(Convert.FromHexString("0000000000000000"), 0, 1);
        await second.DownloadAsync(release, 2, 8);
    }

    [Fact]
    public async Task Offers_go_no_faster_than_the_rate_and_blocks_sent_twice_are_counted_as_such()
    {
        await using UpdateNode first = await _rig.NodeAsync();
        await using UpdateNode second = await _rig.NodeAsync();
        long id = await _rig.StartAsync(await _rig.PublishAsync(), new { canary = new { nodes = 2 }, waves = Array.Empty<object>(), rate = new { offersPerMinute = 1 } });
        UpdateNode quick = await OfferedAsync(first, second);
        UpdateNode slow = quick == first ? second : first;
        UpdateNotice offer = await quick.HearAsync(UpdateNotice.Offer);
        await quick.DownloadAsync(UpdateNode.IdOf(offer), 0, 2);
        quick.Ask(UpdateNode.IdOf(offer), 0, 3);
        await Eventually.HoldsAsync(async () => (long)(await _rig.RolloutAsync(id))["waves"]![0]!["repeatedBytes"]! == 2048, "two blocks were sent twice", 60);
        Assert.Equal(5 * 1024, (long)(await _rig.RolloutAsync(id))["waves"]![0]!["sentBytes"]!);
        Assert.False(slow.HasHeard(UpdateNotice.Offer));
        long began = _rig.Time.UnixSeconds;
        await Eventually.HoldsAsync(
            () =>
            {
                _rig.Time.Pass(TimeSpan.FromMilliseconds(200));
                return slow.HasHeard(UpdateNotice.Offer);
            },
            "the other one is offered it too", 60);
        Assert.True(_rig.Time.UnixSeconds - began >= 59, $"it was offered after {_rig.Time.UnixSeconds - began} s");
    }

    [Fact]
    public async Task A_target_takes_who_fits_every_condition_and_who_failed_to_fit_is_not_offered()
    {
        await using UpdateNode tagged = await _rig.NodeAsync();
        await using UpdateNode other = await _rig.NodeAsync();
        string release = await _rig.PublishAsync();
        await _rig.DoAsync("mary", HttpMethod.Put, $"/api/nodes/{tagged.Id}/tags", new { tags = new[] { "market", "pilot" } });
        await _rig.DoAsync("mary", HttpMethod.Put, $"/api/nodes/{tagged.Id}/tags", new { tags = new[] { "Market" } }, HttpStatusCode.BadRequest);
        Assert.Equal(["market", "pilot"], (await _rig.GetAsync("/api/tags"))["items"]!.AsArray().Select(tag => (string?)tag!["tag"]));
        await MatchesAsync(release, 1, new { tags = new[] { "pilot" } });
        await MatchesAsync(release, 1, new { withoutTags = new[] { "market" } });
        await MatchesAsync(release, 2, new { firmware = new[] { "0102030405060708" }, profiles = new[] { "lamp-small" }, operators = new[] { "amina" }, capitalBuilders = new[] { "ngo-1" }, area = new { south = -1, west = 34, north = 0, east = 35 } });
        await MatchesAsync(release, 0, new { area = new { south = 1, west = 34, north = 2, east = 35 } });
        await MatchesAsync(release, 0, new { profiles = new[] { "airnode" } });
        await MatchesAsync(release, 0, new { agreements = new[] { "region-1" } });
        await _rig.DoAsync("mary", HttpMethod.Post, "/api/rollouts", new { name = "x", reason = "y", release, target = new { profiles = new[] { "moon" } } }, HttpStatusCode.BadRequest);

        // Who runs it already, or waits for another release, is not in it.
        await other.SayAsync(Convert.FromHexString(_rig.Digest));
        await Eventually.HoldsAsync(async () => (long)(await _rig.RolloutAsync(await _rig.PlanAsync(release)))["matching"]! == 1, "one of them has it", 60);
        await _rig.StartAsync(release, new { canary = new { nodes = 1 } });
        await MatchesAsync(release, 0, new { });
    }

    [Fact]
    public async Task A_draft_waits_for_its_release_and_a_changed_plan_is_approved_anew()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        long id = await _rig.PlanAsync(null);
        Assert.Equal("draft", (string?)(await _rig.RolloutAsync(id))["state"]);
        Assert.Contains("no release yet", (string?)(await _rig.ActAsync("otieno", id, "approve", status: HttpStatusCode.Conflict))["detail"], StringComparison.Ordinal);
        string release = await _rig.PublishAsync();
        JsonNode signed = await _rig.DoAsync("otieno", HttpMethod.Put, $"/api/rollouts/{id}", new { name = "October", reason = "the release is there", release });
        Assert.Equal("signed", (string?)signed["state"]);
        await _rig.ActAsync("otieno", id, "approve", status: HttpStatusCode.Conflict);
        using HttpClient grace = _rig.Backend.As("grace", Roles.Manager);
        using HttpResponseMessage approved = await grace.PostAsJsonAsync($"/api/rollouts/{id}/approve", new { reason = "seen" }, RolloutRig.Cancel);
        Assert.Equal(HttpStatusCode.OK, approved.StatusCode);
        await _rig.DoAsync("mary", HttpMethod.Put, $"/api/rollouts/{id}", new { name = "October", reason = "more slowly", release, rate = new { offersPerMinute = 1 } });
        Assert.Equal("signed", (string?)(await _rig.RolloutAsync(id))["state"]);
    }

    [Fact]
    public async Task Everything_goes_on_after_a_restart_where_it_stood()
    {
        UpdateNode node = await _rig.NodeAsync();
        long id = await _rig.StartAsync(await _rig.PublishAsync(), new { canary = new { nodes = 1 }, waves = Array.Empty<object>() });
        UpdateNotice offer = await node.HearAsync(UpdateNotice.Offer);
        await node.ReportAsync(offer, UpdateState.Accepted);
        await node.DownloadAsync(UpdateNode.IdOf(offer), 0, 5);
        await node.DisposeAsync();
        await _rig.Backend.RestartAsync();
        await using UpdateNode back = await UpdateNode.ConnectAsync(_rig.Backend.MqttPlainPort, node.Node, counter: node.Counter);
        UpdateNotice again = await back.HearAsync(UpdateNotice.Offer);
        Assert.Equal(offer.Attempt, again.Attempt);
        await back.DownloadAsync(UpdateNode.IdOf(again), 4, 10);
        await back.ReportAsync(again, UpdateState.Confirmed, firmware: Convert.FromHexString(_rig.Digest));
        await _rig.CountsAsync(id, 0, "confirmed", 1);
        await Eventually.HoldsAsync(
            async () => (await _rig.RolloutAsync(id))["waves"]![0]! is var wave && (long)wave["sentBytes"]! == _rig.Bundle.Length + 1024 && (long)wave["repeatedBytes"]! == 1024, "every byte is counted, the block that came twice as repeated", 60);
    }

    [Fact]
    public async Task A_rotation_of_the_keys_is_told_at_each_login_until_the_node_says_that_it_has_them()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        byte[] rotation = new KeyRotation(3, _rig.Keys.Public[..2]).Encode();
        using HttpClient mary = _rig.Backend.As("grace", Roles.Manager);
        using HttpResponseMessage taken = await mary.PostAsync("/api/release-keys/rotation", new ByteArrayContent(_rig.Roots.Sign(KeyRotation.Context, rotation, 0, 1)), RolloutRig.Cancel);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        for (int login = 0; login < 2; login++)
        {
            await node.SayAsync();
            UpdateNotice keys = await node.HearAsync(UpdateNotice.Keys);
            Assert.Equal(_rig.Roots.Sign(KeyRotation.Context, rotation, 0, 1).Length, keys.Signed.Length);
        }

        await node.ReportKeysAsync(rotation);
        await node.HearAsync(UpdateNotice.Heard, heard => heard is { Attempt: 0, ReportCounter: 1 });
        await node.SayAsync();
        await node.ReportKeysAsync(rotation);
        await node.HearAsync(UpdateNotice.Heard, heard => heard.ReportCounter == 2);
        Assert.False(node.HasHeard(UpdateNotice.Keys));
    }

    private async Task MatchesAsync(string release, long nodes, object target) => Assert.Equal(nodes, (long)(await _rig.RolloutAsync(await _rig.PlanAsync(release, new { target })))["matching"]!);

    private static async Task<UpdateNode> OfferedAsync(params UpdateNode[] nodes)
    {
        await Eventually.HoldsAsync(() => nodes.Any(node => node.HasHeard(UpdateNotice.Offer)), "one of them is offered the release", 60);
        return nodes.First(node => node.HasHeard(UpdateNotice.Offer));
    }
}
