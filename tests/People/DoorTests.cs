using System.Net;
using DePin.Fleet.People;
using DePin.Tests.Support;

namespace DePin.Tests.People;

/// <summary>Getting in, staying in, being put out, and coming back.</summary>
public sealed class DoorTests : IAsyncLifetime
{
    private readonly SteppedClock _time = new(1_790_000_000);
    private RunningBackend _backend = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _backend = await RunningBackend.StartAsync(_time);

    public async ValueTask DisposeAsync() => await _backend.DisposeAsync();

    [Fact]
    public async Task The_first_administrator_comes_in_by_a_link_that_works_once_and_for_half_an_hour()
    {
        await using RunningBackend bare = await RunningBackend.StartAsync(_time, hasPeople: false);
        string file = Path.Combine(bare.DataFolder, "first-administrator.txt");
        string stale = new Uri((await File.ReadAllTextAsync(file, Cancel)).Trim()).AbsolutePath;
        await bare.RestartAsync();
        string path = new Uri((await File.ReadAllTextAsync(file, Cancel)).Trim()).AbsolutePath;
        using var client = new PagesClient(bare);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(stale)).Status);
        _time.UnixSeconds += 1799;
        Assert.Contains("Your name", (await client.GetAsync(path)).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await client.SubmitAsync(path, new() { ["name"] = "grace", ["password"] = "short" })).Status);
        Assert.Equal((HttpStatusCode.Redirect, "/account"), await client.SubmitAsync(path, new() { ["name"] = "grace", ["password"] = PagesClient.Password }));
        Assert.Contains("administrator", (await client.GetAsync("/account")).Text, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(path)).Status);
        await bare.RestartAsync();
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task An_administrator_invites_and_the_invitation_works_once()
    {
        using PagesClient boss = await PagesClient.JoinedAsync(_backend, "boss", Roles.Administrator);
        (HttpStatusCode status, string page) = await boss.SubmitAsync("/people", new() { ["name"] = "tess", ["role"] = "technician" }, "/people/invite");
        Assert.Equal(HttpStatusCode.OK, status);
        string link = new Uri(page[page.IndexOf("http://", StringComparison.Ordinal)..].Split('<')[0].Trim()).AbsolutePath;
        using var tess = new PagesClient(_backend);
        Assert.Contains("You will be: technician", (await tess.GetAsync(link)).Text, StringComparison.Ordinal);
        await tess.SubmitAsync(link, new() { ["password"] = PagesClient.Password });
        Assert.Contains("<b>tess</b> · technician", (await tess.GetAsync("/account")).Text, StringComparison.Ordinal);
        using var thief = new PagesClient(_backend);
        Assert.Equal(HttpStatusCode.NotFound, (await thief.GetAsync(link)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await tess.GetAsync("/people")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await boss.SubmitAsync("/people", new() { ["name"] = "tess", ["role"] = "technician" }, "/people/invite")).Status);
    }

    [Fact]
    public async Task Managers_bring_in_the_field_and_not_those_who_decide()
    {
        using PagesClient manager = await PagesClient.JoinedAsync(_backend, "mary", Roles.Manager);
        Assert.Equal(HttpStatusCode.OK, (await manager.SubmitAsync("/people", new() { ["name"] = "omondi", ["role"] = "operator" }, "/people/invite")).Status);
        (HttpStatusCode status, string said) = await manager.SubmitAsync("/people", new() { ["name"] = "second", ["role"] = "manager" }, "/people/invite");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("an administrator everybody", said, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await manager.SubmitAsync("/people", new() { ["name"] = "mary", ["what"] = "close" }, "/people/change")).Status);
    }

    [Fact]
    public async Task Nobody_learns_which_names_are_there_and_ten_wrong_passwords_lock_the_door()
    {
        using PagesClient amina = await PagesClient.JoinedAsync(_backend, "tess", Roles.Technician);
        using var guesser = new PagesClient(_backend);
        (HttpStatusCode status, string known) = await guesser.SubmitAsync("/sign-in", new() { ["name"] = "tess", ["password"] = "wrong wrong wrong" });
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        (_, string unknown) = await guesser.SubmitAsync("/sign-in", new() { ["name"] = "nobody-here", ["password"] = "wrong wrong wrong" });
        Assert.Equal(WithoutTokens(known), WithoutTokens(unknown));
        for (int i = 1; i < 10; i++)
        {
            await guesser.SubmitAsync("/sign-in", new() { ["name"] = "tess", ["password"] = "wrong wrong wrong" });
        }

        (status, string locked) = await guesser.SubmitAsync("/sign-in", new() { ["name"] = "tess", ["password"] = PagesClient.Password });
        Assert.Equal((HttpStatusCode.Unauthorized, WithoutTokens(known)), (status, WithoutTokens(locked)));

        // Who is in stays in, and the address has only so many tries for all names together.
        Assert.Equal(HttpStatusCode.OK, (await amina.GetAsync("/account")).Status);
        var statuses = new List<HttpStatusCode>();
        for (int i = 0; i < 30; i++)
        {
            statuses.Add((await guesser.SubmitAsync("/sign-in", new() { ["name"] = $"name-{i}", ["password"] = "x" })).Status);
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
    }

    [Fact]
    public async Task A_changed_password_ends_other_sessions_and_signing_out_everywhere_ends_all()
    {
        using PagesClient here = await PagesClient.JoinedAsync(_backend, "tess", Roles.Technician);
        using var there = new PagesClient(_backend);
        Assert.Equal((HttpStatusCode.Redirect, "/review"), await there.SubmitAsync("/sign-in?back=/review", new() { ["name"] = "tess", ["password"] = PagesClient.Password, ["back"] = "/review" }));
        Assert.Equal(HttpStatusCode.OK, (await there.GetAsync("/account")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await here.SubmitAsync("/account", new() { ["old"] = "not this one", ["new"] = "another good password" }, "/account/password")).Status);
        Assert.Equal(HttpStatusCode.OK, (await here.SubmitAsync("/account", new() { ["old"] = PagesClient.Password, ["new"] = "another good password" }, "/account/password")).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await there.GetAsync("/account")).Status);
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/account")).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await here.SubmitAsync("/account", [], "/account/sign-out-everywhere")).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await here.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task Who_lost_everything_comes_back_by_a_link_of_an_administrator_and_the_last_administrator_stays()
    {
        using PagesClient tess = await PagesClient.JoinedAsync(_backend, "tess", Roles.Technician);
        (_, string made) = await tess.SubmitAsync("/account", new() { ["label"] = "bench", ["days"] = "7", ["scope"] = "technician" }, "/account/tokens");
        string token = made[made.IndexOf("depin_", StringComparison.Ordinal)..].Split('<')[0];
        using PagesClient boss = await PagesClient.JoinedAsync(_backend, "boss", Roles.Administrator);
        (_, string page) = await boss.SubmitAsync("/people", new() { ["name"] = "tess", ["what"] = "reset" }, "/people/change");
        string link = new Uri(page[page.IndexOf("http://", StringComparison.Ordinal)..].Split('<')[0].Trim()).AbsolutePath;
        Assert.Equal(HttpStatusCode.Redirect, (await tess.GetAsync("/account")).Status);
        using (var program = new HttpClient { BaseAddress = _backend.Http.BaseAddress })
        {
            program.DefaultRequestHeaders.Authorization = new("Bearer", token);
            using HttpResponseMessage refused = await program.GetAsync("/api/me", Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        Assert.Equal(HttpStatusCode.Redirect, (await tess.SubmitAsync(link, new() { ["password"] = "a brand new password" })).Status);
        Assert.Equal(HttpStatusCode.OK, (await tess.GetAsync("/account")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await tess.GetAsync(link)).Status);

        var accounts = _backend.Part<Accounts>();
        var by = new Caller(0, "test", Roles.Administrator);
        Assert.Null(await accounts.CloseAsync(by, "amina"));
        Assert.Contains("last administrator", (await accounts.CloseAsync(by, "boss"))?.ToString(), StringComparison.Ordinal);
        Assert.Contains("last administrator", (await accounts.SetRolesAsync(by, "boss", Roles.Manager))?.ToString(), StringComparison.Ordinal);
        Assert.Null(await accounts.CloseAsync(by, "tess"));
        Assert.Equal(HttpStatusCode.Redirect, (await tess.GetAsync("/account")).Status);
        using var connection = _backend.Part<DePin.Fleet.Storage.Database>().OpenReader();
        Assert.Equal(["closed", "closed", "came back", "reset", "made a token", "joined", "invited"], AuditStore.Page(connection, long.MaxValue, 100).Where(row => row.About.StartsWith("tess", StringComparison.Ordinal) || row.By == "tess" || row.About == "amina").Select(row => row.What));
    }

    [Fact]
    public async Task A_way_back_after_sign_in_never_leads_elsewhere()
    {
        using PagesClient tess = await PagesClient.JoinedAsync(_backend, "tess", Roles.Technician);
        foreach (string back in (string[])["//evil.example/", "https://evil.example/", "/\\evil.example", ""])
        {
            using var client = new PagesClient(_backend);
            Assert.Equal((HttpStatusCode.Redirect, "/home"), await client.SubmitAsync("/sign-in", new() { ["name"] = "tess", ["password"] = PagesClient.Password, ["back"] = back }));
        }
    }

    private static string WithoutTokens(string page) => System.Text.RegularExpressions.Regex.Replace(page, "value=\"[^\"]*\"", "", System.Text.RegularExpressions.RegexOptions.NonBacktracking);
}
