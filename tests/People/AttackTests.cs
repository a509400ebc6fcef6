using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using DePin.Fleet;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace DePin.Tests.People;

/// <summary>What somebody tries who is not patient: everything at once, from many addresses, past the proxy, and while an administrator acts.</summary>
public sealed class AttackTests
{
    private const string Wrong = "wrong wrong wrong";

    private static readonly Caller Administrator = new(0, "test", Roles.Administrator);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Passwords_that_come_all_at_once_are_no_more_attempts_than_one_after_another()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using PagesClient tess = await PagesClient.JoinedAsync(backend, "tess", Roles.Technician);
        PagesClient[] guessers = [.. Enumerable.Range(0, 20).Select(_ => new PagesClient(backend))];
        await Task.WhenAll(guessers.Select(guesser => guesser.SubmitAsync("/sign-in", new() { ["name"] = "tess", ["password"] = Wrong })));
        Array.ForEach(guessers, guesser => guesser.Dispose());
        using var late = new PagesClient(backend);
        Assert.Equal(HttpStatusCode.Unauthorized, (await late.SubmitAsync("/sign-in", new() { ["name"] = "tess", ["password"] = PagesClient.Password })).Status);
    }

    [Fact]
    public async Task A_sign_in_under_way_takes_nothing_back_that_an_administrator_did_meanwhile()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        var accounts = backend.Part<Accounts>();
        foreach ((string name, Func<string, Task> act) in new (string, Func<string, Task>)[]
        {
            ("closed", name => accounts.CloseAsync(Administrator, name)),
            ("demoted", name => accounts.SetRolesAsync(Administrator, name, Roles.Lender)),
            ("reset", name => accounts.ResetAsync(Administrator, name)),
        })
        {
            using PagesClient person = await PagesClient.JoinedAsync(backend, name, Roles.Manager);
            using IServiceScope request = backend.Services.CreateScope();
            UserManager<Person> people = request.ServiceProvider.GetRequiredService<UserManager<Person>>();
            Person asRead = (await people.FindByNameAsync(name))!;
            await act(name);
            await people.AccessFailedAsync(asRead);
            await people.ResetAccessFailedCountAsync(asRead);
            await people.ChangePasswordAsync(asRead, PagesClient.Password, "another one of theirs");
            using var back = new PagesClient(backend);
            foreach (string password in (string[])[PagesClient.Password, "another one of theirs"])
            {
                (HttpStatusCode status, string text) = await back.SubmitAsync("/sign-in", new() { ["name"] = name, ["password"] = password });
                Assert.True(name == "demoted" || status == HttpStatusCode.Unauthorized, $"{name}: {status}");
            }

            Assert.Equal(HttpStatusCode.Redirect, (await person.GetAsync("/account")).Status);
            Assert.DoesNotContain("manager", (await back.GetAsync("/account")).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_passkey_that_nobody_asked_for_is_refused_with_a_sentence()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using PagesClient person = await PagesClient.JoinedAsync(backend, "tess", Roles.Technician);
        using var stranger = new PagesClient(backend);
        foreach (string content in (string[])["{}", "x", "null", "{\"id\":\"AA\",\"rawId\":\"AA\",\"type\":\"public-key\",\"response\":{},\"clientExtensionResults\":{}}"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.PostTextAsync("/sign-in", "/sign-in/passkey", content)).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await person.PostTextAsync("/account", "/account/passkeys", content)).Status);
        }
    }

    [Fact]
    public async Task A_token_opens_the_api_and_no_door_of_its_person_s_account()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using PagesClient boss = await PagesClient.JoinedAsync(backend, "boss", Roles.Administrator | Roles.Technician);
        (_, string made) = await boss.SubmitAsync("/account", new() { ["label"] = "bench", ["days"] = "1", ["scope"] = "technician" }, "/account/tokens");
        using HttpClient thief = new() { BaseAddress = backend.Http.BaseAddress };
        thief.DefaultRequestHeaders.Authorization = new("Bearer", made[made.IndexOf("depin_", StringComparison.Ordinal)..].Split('<')[0]);
        using HttpResponseMessage api = await thief.GetAsync("/api/me", Cancel);
        Assert.Equal(HttpStatusCode.OK, api.StatusCode);
        foreach (string path in (string[])["/account/passkeys/options", "/account/passkeys", "/account/passkeys/remove", "/account/tokens", "/account/tokens/end", "/account/password", "/account/sign-out-everywhere", "/sign-out"])
        {
            using var form = new FormUrlEncodedContent([new("label", "longer"), new("days", "366"), new("scope", "technician")]);
            using HttpResponseMessage answer = await thief.PostAsync(path, form, Cancel);
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, answer.StatusCode));
        }

        foreach (string path in (string[])["/account", "/people", "/statement"])
        {
            using HttpResponseMessage answer = await thief.GetAsync(path, Cancel);
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, answer.StatusCode));
        }
    }

    [Fact]
    public async Task A_network_that_one_customer_has_whole_is_one_address()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Https = new HttpsSettings { BehindProxy = true } });
        HttpStatusCode status = HttpStatusCode.OK;
        for (int i = 1; i <= 31; i++)
        {
            using var client = new PagesClient(backend, forwardedFor: $"2001:db8:0:1::{i:x}");
            status = (await client.SubmitAsync("/sign-in", new() { ["name"] = $"name-{i}", ["password"] = Wrong })).Status;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        using var neighbour = new PagesClient(backend, forwardedFor: "2001:db8:0:2::1");
        Assert.Equal(HttpStatusCode.Unauthorized, (await neighbour.SubmitAsync("/sign-in", new() { ["name"] = "x", ["password"] = Wrong })).Status);
    }

    [Fact]
    public async Task A_port_for_the_proxy_serves_nobody_else()
    {
        IPAddress? own = NetworkInterface.GetAllNetworkInterfaces().Where(card => card.OperationalStatus == OperationalStatus.Up).SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address).FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
        Assert.SkipWhen(own is null, "this machine has loopback only");
        foreach ((string proxy, HttpStatusCode status) in new[] { ("192.0.2.1", HttpStatusCode.Forbidden), (own.ToString(), HttpStatusCode.OK) })
        {
            await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with
            {
                HttpListenOnAllAddresses = true,
                Https = new HttpsSettings { BehindProxy = true, KnownProxies = [proxy] },
            });
            using var client = new HttpClient();
            using HttpResponseMessage answer = await client.GetAsync($"http://{own}:{backend.Part<Listening>().HttpPort}/health/live", Cancel);
            Assert.Equal(status, answer.StatusCode);
        }
    }
}
