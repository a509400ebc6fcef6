using System.Text.Json.Nodes;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Money;

/// <summary>A statement proven in real Chromium: by WebCrypto alone, from what the log published; and what is bent is named.</summary>
public sealed class ProofPageTests
{
    // One letter or digit of every value of the second line, and of what stands above the lines, is bent; what goes unnoticed comes back.
    private const string BendEverything =
        """
        async (address) => {
          const { begin, proveFile } = await import("/assets/statement-proof.js");
          const text = await (await fetch(address)).text();
          const key = (await (await fetch("/log/key")).text()).trim();
          const notices = async (changed) => {
            const state = begin(key);
            let faults = 0;
            await proveFile(changed, state, (_, found) => (faults += found.length));
            return faults + state.faults.length > 0;
          };
          if (await notices(JSON.parse(text))) {
            return ["the statement as it is"];
          }
          const unnoticed = [];
          let tried = 0;
          const visit = async (path, value) => {
            if (value !== null && typeof value === "object") {
              for (const name of Object.keys(value).filter((each) => !["figures", "name", "nextAfter", "waiting"].includes(each))) {
                await visit([...path, name], value[name]);
              }
              return;
            }
            if (value === null || (path[0] === "lines" && path[1] !== "1")) {
              return;
            }
            const changed = JSON.parse(text);
            const parent = path.slice(0, -1).reduce((at, name) => at[name], changed);
            const middle = Math.floor(String(value).length / 2);
            parent[path.at(-1)] = typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value
              : value.slice(0, middle) + (value[middle] === "0" ? "1" : "0") + value.slice(middle + 1);
            tried++;
            if (!(await notices(changed))) {
              unnoticed.push(path.join("/"));
            }
          };
          await visit([], JSON.parse(text));
          return tried > 40 ? unnoticed : [`only ${tried} values were tried`];
        }
        """;

    [Fact]
    public async Task Every_line_is_proven_in_the_browser_and_a_bent_digit_is_named_at_its_line()
    {
        await using MoneyRig rig = await MoneyRig.StartAsync();
        (await PagesClient.JoinedAsync(rig.Backend, "ann", Roles.Auditor)).Dispose();
        await using Browser browser = await Browser.StartAsync();
        IPage page = await browser.OpenAsync(isPhone: false);
        string path = "/statement?account=operator%3Anjeri";
        await Browser.SignInAsync(page, rig.Backend, "ann", path);
        ILocator proven = page.Locator("td.proof", new() { HasText = "✓ proven" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Prove every line" }).ClickAsync();
        await Assertions.Expect(page.Locator("#proof-said")).ToContainTextAsync("All 4 lines are proven");
        await Assertions.Expect(proven).ToHaveCountAsync(4);
        await Browser.PictureAsync(page, "statement-proven-desk", "money");
        await Axe.JudgeAsync(page);

        Assert.Empty((await page.EvaluateAsync<string[]>(BendEverything, "/api/accounts/operator:njeri/evidence?from=0&to=4000000000")).AsEnumerable());

        // A digit of an amount is changed on its way.
        await page.RouteAsync("**/evidence?*", async route =>
        {
            IAPIResponse answer = await route.FetchAsync();
            JsonNode file = JsonNode.Parse(await answer.TextAsync())!;
            file["lines"]![1]!["energyMicro"] = "999999";
            await route.FulfillAsync(new RouteFulfillOptions { Response = answer, Body = file.ToJsonString() });
        });
        await page.GetByRole(AriaRole.Button, new() { Name = "Prove every line" }).ClickAsync();
        await Assertions.Expect(page.Locator("#proof-said")).ToContainTextAsync("1 of 4 lines are not proven");
        await Assertions.Expect(proven).ToHaveCountAsync(3);
        await Assertions.Expect(page.Locator("td.proof", new() { HasText = "it says 999999 micro-credits; tariff and figures give" })).ToHaveCountAsync(1);
        await Browser.PictureAsync(page, "statement-bent-desk", "money");

        // The page itself shows another amount than the evidence gives.
        await page.UnrouteAllAsync();
        await page.EvaluateAsync("document.querySelector('tr[data-line]').dataset.micro = '5'");
        await page.GetByRole(AriaRole.Button, new() { Name = "Prove every line" }).ClickAsync();
        await Assertions.Expect(page.Locator("td.proof", new() { HasText = "this page shows 5 micro-credits" })).ToHaveCountAsync(1);
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task A_phone_proves_them_in_french_and_a_browser_without_Ed25519_claims_nothing_of_the_logs_signature()
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 2);
        (await PagesClient.JoinedAsync(rig.Backend, "njeri", Roles.Operator)).Dispose();
        await using Browser browser = await Browser.StartAsync();
        IPage page = await browser.OpenAsync(isPhone: true);
        await page.AddInitScriptAsync(
            """
            const whole = crypto.subtle.importKey.bind(crypto.subtle);
            crypto.subtle.importKey = (format, key, algorithm, ...rest) => algorithm?.name === "Ed25519" ? Promise.reject(new DOMException("not here", "NotSupportedError")) : whole(format, key, algorithm, ...rest);
            """);
        await Browser.SignInAsync(page, rig.Backend, "njeri", "/statement?account=operator%3Anjeri");
        await page.GotoAsync($"{rig.Backend.Http.BaseAddress}language/fr?back={Uri.EscapeDataString("/statement?account=operator%3Anjeri")}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Prouver chaque ligne" }).ClickAsync();
        await Assertions.Expect(page.Locator("#proof-said")).ToContainTextAsync("Ce navigateur ne peut pas vérifier la signature du journal");
        await Assertions.Expect(page.Locator("td.proof", new() { HasText = "~ cohérent" })).ToHaveCountAsync(3);
        await Assertions.Expect(page.Locator("td.proof", new() { HasText = "prouvé" })).ToHaveCountAsync(0);
        Assert.False(await Browser.IsTooWideAsync(page), "the statement is wider than a phone");
        await Browser.PictureAsync(page, "statement-phone-french", "money");
        await Axe.JudgeAsync(page);
        Assert.Empty(browser.Errors);
    }
}
