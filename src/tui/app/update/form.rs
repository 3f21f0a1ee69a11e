//! Operations from the dashboard: what each is for, and the form that asks for its arguments.

use super::keys::single_line_input;
use crate::tui::app::effect::Effect;
use crate::tui::app::form::{FormField, OperationForm};
use crate::tui::app::layer::{ChoiceItem, ChoiceKind, Layer, Level};
use crate::tui::app::state::State;
use icpulse_engine::action::{Choice, FormContext, Operation, Target};
use icpulse_model::NeuronKey;
use icpulse_model::act::Intent;
use serde_json::{Map, Value};

impl State {
    /// Runs an operation on what is selected: through its form, or straight to its review.
    pub(super) fn start_operation(&mut self, operation: &'static Operation, effects: &mut Vec<Effect>) {
        let neurons = match operation.target {
            Target::Ballots => return self.choose_ballots(),
            Target::Neurons { .. } => self.target_neurons(),
            Target::None => Vec::new(),
        };
        if operation.fields.is_empty() {
            let intent = Intent::new(operation.id, &Value::Object(target_args(operation, &neurons)));
            return self.plan_intent(intent, effects);
        }
        let choices = |f: &icpulse_engine::action::Field| f.choices(&self.world);
        let fields = operation.fields.iter().map(|field| FormField {
            field,
            input: single_line_input(field.start),
            started: field.start.to_owned(),
            is_prefilled: !field.start.is_empty(),
            label: choices(field).into_iter().find(|c| c.text == field.start).map(|c| c.label),
            error: None,
        });
        let fields = fields.collect();
        self.layers.push(Layer::Form(OperationForm {
            operation,
            neurons,
            fields,
            cursor: 0,
            intent: None,
            preview: Vec::new(),
        }));
        self.update_form();
    }

    /// Reads the fields again and computes the preview; also when the world has changed.
    pub(super) fn update_form(&mut self) {
        let Some(place) = self.layers.iter().rposition(|l| matches!(l, Layer::Form(_))) else { return };
        let Some(Layer::Form(form)) = self.layers.get(place) else { return };
        let mut form = form.clone();
        self.fill_untouched(&mut form);
        let mut args = target_args(form.operation, &form.neurons);
        let mut complete = true;
        for f in &mut form.fields {
            f.error = None;
            let text = f.input.value().trim();
            if text.is_empty() && f.field.default != Some("") {
                complete = false;
                continue;
            }
            match f.field.parse(text) {
                Ok(value) => {
                    args.insert(f.field.name.to_owned(), value);
                }
                Err(why) => {
                    complete = false;
                    f.error = Some(why);
                }
            }
        }
        let args = Value::Object(args);
        let context =
            FormContext { world: &self.world, signer: self.signer.principal, now: self.network_now() };
        for problem in form.operation.find_problems(&args, &context) {
            complete = false;
            if let Some(f) = form.fields.iter_mut().find(|f| f.field.name == problem.field) {
                f.error.get_or_insert(problem.why);
            }
        }
        form.preview = form.operation.preview_facts(&args, &context);
        form.intent = complete.then(|| Intent::new(form.operation.id, &args));
        if let Some(slot) = self.layers.get_mut(place) {
            *slot = Layer::Form(form);
        }
        self.dirty = true;
    }

    /// Fills fields that nobody has edited with what the operation begins with for the neuron.
    fn fill_untouched(&self, form: &mut OperationForm) {
        let [neuron] = form.neurons.as_slice() else { return };
        let Some(neuron) = self.neuron(*neuron) else { return };
        let given = form
            .fields
            .iter()
            .filter_map(|f| Some((f.field.name.to_owned(), f.field.parse(f.input.value().trim()).ok()?)));
        let args = Value::Object(given.collect());
        for (name, start) in form.operation.start_values(neuron, &args) {
            let untouched = |f: &&mut FormField| f.field.name == name && f.input.value() == f.started;
            if let Some(f) = form.fields.iter_mut().find(untouched) {
                f.input = single_line_input(&start);
                f.is_prefilled = !start.is_empty();
                f.started = start;
            }
        }
    }

    pub(super) fn next_field(&mut self, by: isize) {
        let Some(Layer::Form(form)) = self.layers.last_mut() else { return };
        let len = isize::try_from(form.fields.len().max(1)).unwrap_or(1);
        let next = (isize::try_from(form.cursor).unwrap_or(0) + by).rem_euclid(len);
        form.cursor = usize::try_from(next).unwrap_or(0);
    }

    /// Gives a field the keyboard, for the mouse.
    pub(super) fn select_field(&mut self, place: usize) {
        if let Some(Layer::Form(form)) = self.layers.last_mut()
            && place < form.fields.len()
        {
            form.cursor = place;
        }
    }

    /// The choices of the form's field that has the keyboard, and the place of its present one: for a
    /// time between two of them, the place after it.
    fn choices_here(&self) -> Option<(Vec<Choice>, Option<usize>)> {
        let Some(Layer::Form(form)) = self.layers.last() else { return None };
        let f = form.current()?;
        let choices = f.field.choices(&self.world);
        let text = f.input.value().trim();
        let place = choices.iter().position(|c| c.text == text);
        Some((choices, place))
    }

    /// Whether the form's field has values to choose from.
    pub(super) fn has_presets(&self) -> bool {
        self.choices_here().is_some_and(|(choices, _)| !choices.is_empty())
    }

    /// Whether the next value of the form's field can be chosen: a preset, or of a list of its own.
    pub(in crate::tui::app) fn has_values(&self) -> bool {
        self.has_presets() || matches!(self.layers.last(), Some(Layer::Form(form)) if form.is_choice())
    }

    /// The next preset or choice.
    pub(super) fn next_value(&mut self, by: isize) {
        if matches!(self.layers.last(), Some(Layer::Form(form)) if form.is_choice()) {
            return self.offer_choices();
        }
        let Some((choices, place)) = self.choices_here() else { return };
        let Some(Layer::Form(form)) = self.layers.last() else { return };
        let Some(f) = form.current().filter(|_| !choices.is_empty()) else { return };
        let len = choices.len();
        let next = match place {
            Some(place) if by > 0 => (place + 1) % len,
            Some(place) => (place + len - 1) % len,
            // What was typed lies between two choices, or beside them.
            None => {
                let number = |text: &str| f.field.parse(text).ok().and_then(|v| v.as_u64());
                let now = number(f.input.value()).unwrap_or_default();
                let above = choices.iter().position(|c| number(&c.text).is_some_and(|n| n > now));
                match (by > 0, above) {
                    (true, above) => above.unwrap_or(0),
                    (false, above) => (above.unwrap_or(len) + len - 1) % len,
                }
            }
        };
        self.take_choice(choices.into_iter().nth(next));
    }

    fn take_choice(&mut self, choice: Option<Choice>) {
        if let (Some(choice), Some(Layer::Form(form))) = (choice, self.layers.last_mut())
            && let Some(f) = form.fields.get_mut(form.cursor)
        {
            f.input = single_line_input(&choice.text);
            f.label = Some(choice.label);
        }
        self.update_form();
    }

    fn offer_choices(&mut self) {
        let Some((choices, place)) = self.choices_here() else { return };
        let Some(Layer::Form(form)) = self.layers.last() else { return };
        let title = form.current().map_or("", |f| f.field.label);
        let items = choices.into_iter().enumerate();
        let items =
            items.map(|(i, c)| ChoiceItem { label: c.label, note: c.note, on: Some(place == Some(i)) });
        self.open_choice(ChoiceKind::Argument, title, items.collect());
    }

    /// Takes the choice over into the form.
    pub(super) fn choose_argument(&mut self, chosen: usize) {
        let choice = self.choices_here().and_then(|(choices, _)| choices.into_iter().nth(chosen));
        self.take_choice(choice);
    }

    /// Enter: to the review, or to a list of choices.
    pub(super) fn confirm_form(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Form(form)) = self.layers.last_mut() else { return };
        if form.is_choice() {
            return self.offer_choices();
        }
        if let Some(intent) = form.intent.clone() {
            return self.plan_intent(intent, effects);
        }
        let title = form.operation.title;
        let wrong = |f: &FormField| {
            f.error.is_some() || f.input.value().trim().is_empty() && f.field.default != Some("")
        };
        if let Some(place) = form.fields.iter().position(wrong) {
            form.cursor = place;
            if let Some(f) = form.fields.get_mut(place) {
                let missing = format!("a value is missing: {}", f.field.help);
                f.error.get_or_insert_with(|| missing.into());
            }
        }
        self.show_toast(Level::Warning, format!("{title}: correct the marked fields first"));
    }
}

/// The arguments that say what an operation is for.
fn target_args(operation: &Operation, neurons: &[NeuronKey]) -> Map<String, Value> {
    match operation.target {
        Target::Neurons { .. } => {
            Map::from_iter([("neurons".to_owned(), serde_json::to_value(neurons).unwrap_or_default())])
        }
        Target::None | Target::Ballots => Map::new(),
    }
}
