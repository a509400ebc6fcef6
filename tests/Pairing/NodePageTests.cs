using System.Net;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Tests.Support;

namespace DePin.Tests.Pairing;

/// <summary>A node's page: who sees it, and what is shown before something is done with its pairing.</summary>
public sealed class NodePageTests : IAsyncLifetime
{
    private PairingRig _rig = null!;
    private TestNode _node = null!;
    private string _label = "";
    private PagesClient _otieno = null!, _njeri = null!, _mary = null!, _grace = null!;

    private string Page => $"/nodes/{_node.Id}";

    public async ValueTask InitializeAsync()
    {
        _rig = await PairingRig.StartAsync();
        (_node, _label) = await _rig.RegisterAsync();
        _otieno = await PagesClient.JoinedAsync(_rig.Backend, "otieno", Roles.Operator);
        _njeri = await PagesClient.JoinedAsync(_rig.Backend, "njeri", Roles.Operator);
        _mary = await PagesClient.JoinedAsync(_rig.Backend, "mary-m", Roles.Manager);
        _grace = await PagesClient.JoinedAsync(_rig.Backend, "grace", Roles.Manager);
        await _rig.PairAsync(_node, _label, _otieno);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PagesClient person in (PagesClient[])[_otieno, _njeri, _mary, _grace])
        {
            person.Dispose();
        }

        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task Managers_auditors_its_operator_and_who_paid_see_it_and_nobody_else_learns_that_it_is_there()
    {
        using PagesClient auditor = await PagesClient.JoinedAsync(_rig.Backend, "ann", Roles.Auditor);
        using PagesClient payer = await PagesClient.JoinedAsync(_rig.Backend, "ngo-1", Roles.CapitalBuilder);
        foreach (PagesClient person in (PagesClient[])[_mary, auditor, _otieno, payer])
        {
            (HttpStatusCode status, string text) = await person.GetAsync(Page);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Contains("paired with otieno", text, StringComparison.Ordinal);
            Assert.Contains(_node.Id.ToString(), (await person.GetAsync("/nodes")).Text, StringComparison.Ordinal);
        }

        (HttpStatusCode hidden, string one) = await _njeri.GetAsync(Page);
        (HttpStatusCode absent, string two) = await _njeri.GetAsync("/nodes/0000000000000000");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (hidden, absent));
        Assert.Equal(MainOf(one), MainOf(two));
        Assert.DoesNotContain(_node.Id.ToString(), (await _njeri.GetAsync("/nodes")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("See what it does", (await auditor.GetAsync(Page)).Text, StringComparison.Ordinal);
    }

    // The bar above names the address and has a form's token of its own.
    private static string MainOf(string page) => page[page.IndexOf("<main", StringComparison.Ordinal)..];

    [Fact]
    public async Task What_an_act_does_to_credit_is_shown_in_the_nodes_own_figures_before_it_is_done()
    {
        using HttpResponseMessage funded = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(_rig.Backend.Http, "/api/funding", new { amountMicro = "100000000", reference = "grant" }, TestContext.Current.CancellationToken);
        await new CollectingSink(_rig.Backend.Part<IngestPipeline>(), _rig.Backend.Part<NodeDirectory>().Find(_node.Id)!, _node.Session).AskAsync(_node.SignNext());
        await Eventually.HoldsAsync(() => _rig.Number("SELECT count(*) FROM transfer t JOIN account a ON a.id = t.credit WHERE a.name = 'operator:otieno'") > 0, "it is credited");
        long micro = _rig.Number("SELECT sum(amount_micro) FROM transfer t JOIN account a ON a.id = t.credit WHERE a.name = 'operator:otieno'");
        string credits = (micro / 1e6).ToString("0.00####", System.Globalization.CultureInfo.InvariantCulture);
        var move = new Dictionary<string, string> { ["place"] = "Market", ["latitude"] = "-0.1", ["longitude"] = "34.8", ["reason"] = "the market moved" };
        (_, string preview) = await _otieno.SubmitAsync(Page, move, to: Page + "/move");
        Assert.Contains("earn nothing for 7 days", preview, StringComparison.Ordinal);
        Assert.Contains($"it earned otieno {credits} credits, {credits} of them pending", preview, StringComparison.Ordinal);
        Assert.Equal(1, _rig.Number("SELECT count(*) FROM pairing"));

        (HttpStatusCode status, string done) = await _otieno.SubmitAsync(Page, new(move) { ["confirm"] = "yes" }, to: Page + "/move");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("earns again from", done, StringComparison.Ordinal);
        Assert.Contains("pairing ended: moved", done, StringComparison.Ordinal);
        Assert.Contains("the market moved", done, StringComparison.Ordinal);
        Assert.Equal(2, _rig.Number("SELECT count(*) FROM pairing"));
        Assert.Equal(1, _rig.Number($"SELECT count(*) FROM audit WHERE by = 'otieno' AND what = 'moved' AND about = '{_node.Id}: the market moved'"));
    }

    [Fact]
    public async Task A_spare_gets_a_fresh_claim_that_is_shown_once_and_works()
    {
        (_, string claimed) = await _mary.SubmitAsync(Page, new() { ["reason"] = "to the shelf", ["confirm"] = "yes" }, to: Page + "/spare");
        string claim = System.Text.RegularExpressions.Regex.Match(claimed, "shown this once: (?<claim>[0-9A-Z-]+)", System.Text.RegularExpressions.RegexOptions.NonBacktracking).Groups["claim"].Value;
        (_, string page) = await _mary.GetAsync(Page);
        Assert.Contains("spare: registered", page, StringComparison.Ordinal);
        Assert.DoesNotContain(claim, page, StringComparison.Ordinal);
        await _rig.PairAsync(_node, $"/p/{_node.Id}/{claim.Replace("-", "", StringComparison.Ordinal)}", _njeri);
        Assert.Equal(1, _rig.Number("SELECT count(*) FROM pairing WHERE operator = 'njeri' AND to_unix IS NULL"));
    }

    [Fact]
    public async Task A_hand_over_is_proposed_seen_by_who_has_it_and_agreed_by_a_second_manager()
    {
        string day = DateTimeOffset.FromUnixTimeSeconds(_rig.Time.UnixSeconds + (16 * 86_400)).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var form = new Dictionary<string, string> { ["operator"] = "njeri", ["from"] = day, ["reason"] = "otieno leaves" };
        Assert.Contains("earn for the new operator", (await _mary.SubmitAsync(Page, form, to: Page + "/handover")).Text, StringComparison.Ordinal);
        Assert.Contains("A second manager has to agree", (await _mary.SubmitAsync(Page, new(form) { ["confirm"] = "yes" }, to: Page + "/handover")).Text, StringComparison.Ordinal);
        (_, string seen) = await _otieno.GetAsync(Page);
        Assert.Contains("Hand-over to njeri", seen, StringComparison.Ordinal);
        Assert.Contains("otieno leaves", seen, StringComparison.Ordinal);
        long change = _rig.Number("SELECT max(id) FROM change");
        Assert.Equal(HttpStatusCode.Conflict, (await _mary.SubmitAsync(Page, new() { ["change"] = $"{change}" }, to: Page + "/approve")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _grace.SubmitAsync(Page, new() { ["change"] = $"{change}" }, to: Page + "/approve")).Status);
        Assert.Contains("This node goes to njeri", (await _otieno.GetAsync(Page)).Text, StringComparison.Ordinal);
        Assert.Contains(_node.Id.ToString(), (await _otieno.GetAsync("/nodes")).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await _njeri.GetAsync(Page)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _otieno.SubmitAsync("/account", form, to: Page + "/handover")).Status);
    }

    [Fact]
    public async Task A_stolen_node_is_held_until_a_manager_says_that_it_is_found()
    {
        var reason = new Dictionary<string, string> { ["reason"] = "gone in the night" };
        Assert.Contains("is held and earns nothing", (await _otieno.SubmitAsync(Page, reason, to: Page + "/stolen")).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _njeri.SubmitAsync("/account", new(reason) { ["confirm"] = "yes" }, to: Page + "/stolen")).Status);
        Assert.Equal(0, _rig.Number("SELECT count(*) FROM suspension"));
        await _otieno.SubmitAsync(Page, new(reason) { ["confirm"] = "yes" }, to: Page + "/stolen");
        Assert.Contains("suspended: reported stolen", (await _otieno.GetAsync(Page)).Text, StringComparison.Ordinal);
        Assert.Equal(1, _rig.Number("SELECT count(*) FROM suspension WHERE to_ms IS NULL AND reason = 'reported stolen' AND by = 'otieno'"));
        Assert.Equal(HttpStatusCode.BadRequest, (await _otieno.SubmitAsync("/account", new(reason) { ["confirm"] = "yes" }, to: Page + "/found")).Status);
        await _mary.SubmitAsync(Page, new() { ["reason"] = "seen at the station", ["confirm"] = "yes" }, to: Page + "/found");
        Assert.Equal(0, _rig.Number("SELECT count(*) FROM suspension WHERE to_ms IS NULL"));
        Assert.Equal(2, _rig.Number("SELECT count(*) FROM audit WHERE what IN ('reported stolen', 'found')"));
    }

    [Theory]
    [InlineData("move", "latitude", "north")]
    [InlineData("handover", "from", "soon")]
    [InlineData("unpair", "reason", "")]
    [InlineData("dance", "reason", "why not")]
    public async Task What_is_filled_in_wrong_changes_nothing_and_says_so(string act, string field, string value)
    {
        var form = new Dictionary<string, string> { ["place"] = "x", ["latitude"] = "1", ["longitude"] = "2", ["operator"] = "njeri", ["from"] = "2030-01-01", ["reason"] = "r", ["confirm"] = "yes", [field] = value };
        (HttpStatusCode status, _) = await _mary.SubmitAsync(Page, form, to: $"{Page}/{act}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(1, _rig.Number("SELECT count(*) FROM pairing WHERE to_unix IS NULL AND operator = 'otieno'"));
    }
}
